// SPDX-License-Identifier: Apache-2.0
// Reads the files one after the other, a row at a time. The screen comes at the end, on stdout
// unless the rows go there.
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/recordings.h"
#include "adapters/csv/samples.h"
#include "adapters/terminal/terminal.h"
#include "cli/options/common.h"
#include "cli/options/replay.h"
#include "cli/output/messages.h"
#include "core/base/glob.h"
#include "core/containers/grouping.h"
#include "core/groups/sample_groups.h"
#include "core/replay/replay.h"
#include "core/replay/screen.h"
#include "monitor/offline/credit_replayer.h"

namespace cgtally::cli {
namespace {

struct ReplayOptions {
  std::vector<std::string> files;
  std::vector<std::string> interfaces;
  std::string account;
  Grouping by = Grouping::cgroup;
  std::size_t top = 10;
  std::string csv;
  monitor::ReplayCreditOptions credits;
};

// The recomputed rows on their way out, some at a time.
class Rewriter {
 public:
  explicit Rewriter(std::string path) : path_(std::move(path)) {}

  Result<void> add(const Sample& sample) {
    if (path_.empty()) return {};
    rows_.push_back(csv::samples_row(sample));
    return rows_.size() < kBatch ? Result<void>{} : flush();
  }

  Result<void> flush() {
    if (rows_.empty()) return {};
    if (!sink_) {
      auto opened = csv::FileSink::open(path_, csv::samples_header());
      if (!opened) return std::unexpected(std::move(opened).error());
      sink_ = *std::move(opened);
    }
    auto written = sink_->write(rows_);
    rows_.clear();
    return written;
  }

 private:
  static constexpr std::size_t kBatch = 1000;
  std::string path_;
  std::optional<csv::FileSink> sink_;
  std::vector<std::string> rows_;
};

// Reads the recordings of one `cgtally replay`, for run_replay(): recomputes the rows, writes the
// CSV and feeds the credit model on the way. Prints nothing.
class ReplayRun {
 public:
  ReplayRun(const ReplayOptions& options, std::unique_ptr<monitor::CreditReplayer> credits)
      : options_(options),
        replay_([this](const Sample& row) { return wanted(row); }, options.by),
        groups_(options.by),
        rewriter_(options.csv),
        credits_(std::move(credits)) {}

  Result<std::string> screen() {
    if (auto done = read(); !done) return std::unexpected(std::move(done).error());
    if (options_.credits.foreign() || compares()) return credits_->finish(options_.csv);
    if (auto out = write(groups_.finish()); !out) return std::unexpected(std::move(out).error());
    if (auto out = rewriter_.flush(); !out) return std::unexpected(std::move(out).error());
    const ReplayReport report = std::move(replay_).finish();
    if (report.interfaces.empty()) {
      return std::unexpected(csv::no_match("interface", {interfaces_.begin(), interfaces_.end()}));
    }
    if (report.accounts.empty()) {
      return std::unexpected(csv::no_match("account", {accounts_.begin(), accounts_.end()}));
    }
    std::string screen = replay_screen(report, options_.top);
    if (!credits_) return screen;
    auto credits = credits_->finish({});
    return credits ? Result<std::string>(fmt::format("{}\n{}", screen, *credits)) : credits;
  }

 private:
  Result<void> read() {
    if (options_.credits.foreign()) {
      return csv::read_streams(options_.files, [this](std::istream& in, const std::string& name) {
        return credits_->add_series(in, name);
      });
    }
    return csv::read_recordings(
        options_.files,
        [this](const Sample& row, const std::string& location) { return process(row, location); });
  }

  Result<void> process(const Sample& row, const std::string& location) {
    if (interfaces_.size() < kNamed) {
      interfaces_.insert(row.iface);
    }
    if (!on_interface(row)) return {};
    if (accounts_.size() < kNamed) {
      accounts_.insert(as_group(options_.by, row).account);
    }
    auto sample = replay_.add(row, location);
    if (!sample) return std::unexpected(std::move(sample).error().within(location));
    if (credits_ && (!options_.interfaces.empty() || csv::may_be_uplink(row.iface))) {
      const Sample charge = compares() ? *sample : as_group(options_.by, *sample);
      if (auto charged = credits_->add(charge); !charged) return charged;
    }
    if (options_.csv.empty() || compares() || !wanted(as_group(options_.by, row))) return {};
    return write(groups_.add(*sample));
  }

  Result<void> write(const std::vector<Sample>& rows) {
    for (const Sample& row : rows) {
      if (auto written = rewriter_.add(row); !written) return written;
    }
    return {};
  }

  // Types are set side by side, and --csv has their rows.
  [[nodiscard]] bool compares() const { return !options_.credits.as.empty(); }

  [[nodiscard]] bool wanted(const Sample& row) const {
    return account_passes(options_.account, row.account, row.owner());
  }

  [[nodiscard]] bool on_interface(const Sample& row) const {
    return options_.interfaces.empty() ||
           std::ranges::any_of(options_.interfaces, [&row](const std::string& glob) {
             return matches_glob(glob, row.iface);
           });
  }

  static constexpr std::size_t kNamed = 20;  // for an error's hint, that many names are enough
  const ReplayOptions& options_;
  Replay replay_;
  SampleGroups groups_;
  Rewriter rewriter_;
  std::unique_ptr<monitor::CreditReplayer> credits_;  // none: nobody asked
  std::set<std::string> interfaces_;
  std::set<std::string> accounts_;
};

// Rows that were computed from a recording are never put behind other rows.
Result<void> check_output(const std::string& csv) {
  std::error_code ignored;
  if (csv.empty() || csv == "-" || !std::filesystem::is_regular_file(csv, ignored) ||
      std::filesystem::file_size(csv, ignored) == 0) {
    return {};
  }
  return std::unexpected(usage_error(fmt::format("--csv must be a new file, and {} exists", csv),
                                     "remove that file, or choose another name"));
}

int run_replay(const ReplayOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // the write says EPIPE
  if (const auto checked = check_output(options.csv); !checked) return print_error(checked.error());
  if (const auto checked = monitor::check(options.credits); !checked) {
    return print_error(checked.error());
  }
  if (const auto checked = check_output(options.credits.csv); !checked) {
    return print_error(checked.error());
  }
  std::unique_ptr<monitor::CreditReplayer> credits;
  if (options.credits.wanted()) {
    auto started = monitor::CreditReplayer::start(options.credits);
    if (!started) return print_error(started.error());
    credits = *std::move(started);
  }
  auto screen = ReplayRun(options, std::move(credits)).screen();
  const bool rows_on_stdout = options.csv == "-" || options.credits.csv == "-";
  auto shown = screen ? terminal::write_all(rows_on_stdout ? STDERR_FILENO : STDOUT_FILENO, *screen)
                      : Result<void>(std::unexpected(std::move(screen).error()));
  if (shown || shown.error().code == EPIPE) return number(ExitCode::fine);
  return print_error(shown.error());
}

}  // namespace

void add_replay(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App& command =
      add_command(app, "replay", "Show rates, peaks and top accounts of recorded samples");
  add_files(command, "Recordings, the oldest first; - is stdin", true, options->files);
  add_list(command,
           {.name = "-i,--iface", .help = "Interface to show; repeatable", .fallback = "all"},
           "NAME|GLOB", options->interfaces);
  add_text(command,
           {.name = "--account",
            .help = "Show only accounts whose path or name matches, such as '/system.slice/*' or "
                    "'shop/api-*'"},
           "GLOB", options->account);
  add_by_option(command, options->by);
  add_count(command,
            {.name = "--top",
             .help = "Show N accounts, and the others as one",
             .fallback = fmt::format("{}", options->top)},
            kTops, into(options->top));
  add_text(command,
           {.name = "--csv",
            .help = "Write the rows to this new file, with deltas and rates computed from the "
                    "totals; with --as, a row for each type and direction; - is stdout"},
           "FILE|-", options->csv);
  add_replay_credit_options(command, options->credits);
  on_chosen(command, [options, &run] { run = [options] { return run_replay(*options); }; });
}

}  // namespace cgtally::cli
