// SPDX-License-Identifier: Apache-2.0
// The files are read in the order in which they were given; each row is used and forgotten.
#include "monitor/offline/report_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>

#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/recorded/recorded.h"
#include "adapters/csv/recordings.h"
#include "adapters/csv/samples.h"
#include "adapters/series/read.h"
#include "core/base/glob.h"
#include "core/containers/account_label.h"
#include "core/groups/sample_groups.h"
#include "core/lifecycle/advice.h"
#include "core/lifecycle/names.h"
#include "core/replay/replay.h"
#include "core/replay/screen.h"
#include "core/report/page.h"
#include "core/series/intervals.h"
#include "monitor/offline/series_nodes.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kTopOfReplay = 10;

enum class ReportFile : std::uint8_t {
  samples,
  bursts,
  credits,
  lifecycle,
  other_of_ours,
  foreign
};

ReportFile kind_of_file(const text::Input& input) {
  const std::string head(input.head());
  const std::string line = head.substr(0, head.find_first_of("\r\n"));
  if (csv::is_lifecycle_header(line + "\n")) return ReportFile::lifecycle;
  if (csv::is_bursts_header(line)) return ReportFile::bursts;
  if (csv::is_credits_header(line)) return ReportFile::credits;
  if (!series::is_ours(head)) return ReportFile::foreign;
  return line.find("interval_ns") != std::string::npos &&
                 line.find("cgroup_id") != std::string::npos
             ? ReportFile::samples
             : ReportFile::other_of_ours;
}

// The file only has the account itself.
void name_top_accounts(CreditReport& credits) {
  for (const Direction direction : kDirections) {
    for (TopAccount& top : credits.directions[direction].top_accounts.named) {
      top.label = account_label(top.account, {});
    }
  }
}

// The credits of one host, as the model follows them through a recording.
class ModelledCredits {
 public:
  ModelledCredits(const Instance& instance, BucketStart start)
      : model_(shown_name(instance), instance.terms, start, kReplayWarning,
               [this](const CreditReport& credits) { builder_.add(credits); }) {}

  CreditReplay& model() { return model_; }
  // The lines that `replay` would show; nothing if there was no interval.
  [[nodiscard]] std::vector<std::string> finish() {
    const auto result = model_.finish();
    if (!result) return {};
    builder_.finish_with(*result);
    return credit_replay_lines(*result);
  }
  report::CreditCourseBuilder& builder() { return builder_; }

 private:
  report::CreditCourseBuilder builder_;
  CreditReplay model_;
};

class ReportBuilder {
 public:
  explicit ReportBuilder(const ReportOptions& options)
      : options_(options), replay_([](const Sample&) { return true; }, options.by) {
    findings_.version = options.version;
    findings_.warn = kReplayWarning;
  }

  Result<std::string> page();

 private:
  Result<void> read(text::Input& input);
  Result<void> read_samples(text::Input& input, std::size_t& rows);
  Result<void> add_sample(const Sample& row, const std::string& location);
  Result<void> read_lives(text::Input& input, std::size_t& rows);
  Result<void> read_foreign(std::vector<text::Input> inputs);
  Result<void> add_node(const Series& series);
  ModelledCredits* model_of(const std::string& host);
  void finish_samples();
  void finish_lives();
  [[nodiscard]] bool on_interface(const std::string& iface) const;

  const ReportOptions& options_;
  std::optional<Instance> instance_;  // none: nobody told its limits
  report::Findings findings_;
  report::Courses courses_;
  Replay replay_;
  bool has_samples_ = false;
  std::map<std::string, std::unique_ptr<ModelledCredits>> models_;       // by host
  std::map<std::string, report::CreditCourseBuilder> recorded_credits_;  // by host
};

bool ReportBuilder::on_interface(const std::string& iface) const {
  return options_.interfaces.empty() ||
         std::ranges::any_of(options_.interfaces, [&iface](const std::string& glob) {
           return matches_glob(glob, iface);
         });
}

ModelledCredits* ReportBuilder::model_of(const std::string& host) {
  if (!instance_) return nullptr;
  auto& found = models_[host];
  if (!found) {
    found = std::make_unique<ModelledCredits>(*instance_, options_.credits.instance.start);
  }
  return found.get();
}

Result<void> ReportBuilder::add_sample(const Sample& row, const std::string& location) {
  if (!on_interface(row.iface)) return {};
  auto sample = replay_.add(row, location);
  if (!sample) return std::unexpected(std::move(sample).error().within(location));
  has_samples_ = true;
  const Sample named = as_group(options_.by, *sample);
  courses_.add(named);
  if (options_.interfaces.empty() && !csv::may_be_uplink(row.iface)) return {};
  ModelledCredits* const credits = model_of(row.host);
  return credits == nullptr ? Result<void>{} : credits->model().add(named);
}

Result<void> ReportBuilder::read_samples(text::Input& input, std::size_t& rows) {
  const std::string& name = input.name();
  return csv::for_each_sample(input.stream(), name, [&](const Sample& row, std::size_t line) {
    ++rows;
    return add_sample(row, fmt::format("{}: line {}", name, line));
  });
}

Result<void> ReportBuilder::read_lives(text::Input& input, std::size_t& rows) {
  findings_.has_lives = true;
  return csv::for_each_lifecycle_row(input.stream(), input.name(), [&](lifecycle::Row row) {
    ++rows;
    row.name = lifecycle::name_of_ends(options_.by, row.account, row.owner);
    findings_.lives.push_back(std::move(row));
    return Result<void>{};
  });
}

Result<void> ReportBuilder::read(text::Input& input) {
  report::SourceFile file{.name = input.name(), .kind = "samples"};
  Result<void> done;
  switch (kind_of_file(input)) {
    case ReportFile::samples:
      done = read_samples(input, file.rows);
      break;
    case ReportFile::lifecycle:
      file.kind = "lifecycle";
      done = read_lives(input, file.rows);
      break;
    case ReportFile::bursts:
      file.kind = "bursts";
      findings_.has_bursts = true;
      done = csv::for_each_burst(input.stream(), input.name(), [&](report::RecordedBurst burst) {
        ++file.rows;
        burst.account = account_label(burst.account, {});
        findings_.bursts.add(burst);
      });
      break;
    case ReportFile::credits:
      file.kind = "credits";
      done = csv::for_each_credit_report(input.stream(), input.name(), [&](CreditReport credits) {
        ++file.rows;
        name_top_accounts(credits);
        recorded_credits_[credits.host].add(credits);
      });
      break;
    default:
      return std::unexpected(usage_error(
          fmt::format("{} is a CSV of cgtally that a report does not show", input.name()),
          "give samples (record --csv), or what bursts, credits or lifecycle wrote with --csv"));
  }
  if (auto intact = input.intact(); !intact) return intact;
  findings_.files.push_back(std::move(file));
  return done;
}

Result<void> ReportBuilder::add_node(const Series& series) {
  const std::string name = node_name(series);
  ModelledCredits* const credits = model_of(name);
  if (credits != nullptr) {
    credits->model().watch_only({.rx = series.has(Direction::rx), .tx = series.has(Direction::tx)},
                                name);
  }
  auto facts = make_intervals(series, [&](const SeriesInterval& interval) {
    for (const Direction direction : kDirections) {
      if (!series.has(direction) || is_missing(interval.bytes[direction])) continue;
      courses_.add(name, "", direction, interval.end - interval.length, interval.end,
                   interval.bytes[direction]);
    }
    if (credits != nullptr) credits->model().add(interval);
  });
  if (!facts) return std::unexpected(std::move(facts).error());
  findings_.files.push_back({.name = series.file, .kind = series.format, .rows = facts->rows});
  const auto lines = source_lines(series, *facts);
  findings_.as_replay += fmt::format("{}\n", fmt::join(lines, "\n"));
  for (const std::string& line : note_lines(series, *facts)) findings_.as_replay += line + "\n";
  return {};
}

Result<void> ReportBuilder::read_foreign(std::vector<text::Input> inputs) {
  if (inputs.empty()) return {};
  auto read = options_.credits.read;
  read.interfaces = options_.interfaces;
  auto nodes = read_nodes(inputs, read, options_.credits.by_file);
  if (!nodes) return std::unexpected(std::move(nodes).error());
  for (const Series& node : *nodes) {
    if (auto added = add_node(node); !added) return added;
  }
  return {};
}

void ReportBuilder::finish_samples() {
  if (!has_samples_) return;
  findings_.traffic = std::move(replay_).finish();
  findings_.as_replay += replay_screen(*findings_.traffic, kTopOfReplay);
}

void ReportBuilder::finish_lives() {
  std::ranges::stable_sort(findings_.lives, {}, [](const auto& row) { return row.at.wall; });
  lifecycle::EndHistory history;
  for (lifecycle::Row& row : findings_.lives) {
    if (row.event == lifecycle::Event::ended) row.ends = history.add(row);
  }
  findings_.advice = lifecycle::advice_of(history);
}

Result<std::string> ReportBuilder::page() {
  if (options_.credits.wanted()) {
    auto found = find_instance(options_.credits.instance, "");
    if (!found) return std::unexpected(std::move(found).error());
    instance_ = *std::move(found);
  }
  auto inputs = csv::open_inputs(options_.files);
  if (!inputs) return std::unexpected(std::move(inputs).error());
  std::vector<text::Input> foreign;
  for (text::Input& input : *inputs) {
    if (kind_of_file(input) == ReportFile::foreign) {
      foreign.push_back(std::move(input));
    } else if (auto done = read(input); !done) {
      return std::unexpected(std::move(done).error());
    }
  }
  if (auto done = read_foreign(std::move(foreign)); !done) {
    return std::unexpected(std::move(done).error());
  }
  finish_samples();
  finish_lives();
  for (auto& [host, credits] : models_) {
    const auto lines = credits->finish();
    if (credits->builder().empty()) continue;
    credits->builder().course().notes = instance_->notes;
    findings_.as_replay += fmt::format("\n{}\n", fmt::join(lines, "\n"));
    findings_.credits.push_back(std::move(credits->builder().course()));
  }
  for (auto& [host, builder] : recorded_credits_) {
    builder.course().estimated = false;
    findings_.credits.push_back(std::move(builder.course()));
  }
  findings_.interfaces = std::move(courses_).finish();
  return report::page_html(findings_);
}

}  // namespace

Result<std::string> report_page(const ReportOptions& options) {
  ReportBuilder builder(options);
  auto page = builder.page();
  return page;
}

}  // namespace cgtally::monitor
