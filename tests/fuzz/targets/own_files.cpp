// SPDX-License-Identifier: Apache-2.0
// What cgtally wrote itself, as somebody else may have changed it: recordings, what is appended to,
// and saved state.
#include <algorithm>
#include <sstream>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/json_lines.h"
#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/rfc4180.h"
#include "adapters/csv/samples.h"
#include "core/credits/saved_state.h"
#include "core/replay/replay.h"
#include "core/replay/screen.h"
#include "core/screen/timeline.h"
#include "core/serve/series/saved_series.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

std::string rows_of(const std::vector<Sample>& samples) {
  std::string rows = csv::samples_header();
  for (const Sample& sample : samples) rows += csv::samples_row(sample);
  return rows;
}

std::vector<Sample> samples_in(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<Sample> samples;
  (void)csv::for_each_sample(in, "fuzz", [&](const Sample& sample, std::size_t) -> Result<void> {
    samples.push_back(sample);
    return {};
  });
  return samples;
}

// The accounts of an interface have together what the interface has.
void require_conserved(const ReplayReport& report) {
  std::uint64_t of_interfaces = 0;
  std::uint64_t of_accounts = 0;
  for (const InterfaceReplay& iface : report.interfaces)
    of_interfaces += iface.moved.tx_bytes.value;
  for (const AccountReplay& account : report.accounts) of_accounts += account.moved.tx_bytes.value;
  require(of_interfaces == of_accounts, "accounts have together what their interfaces have");
}

void replay(const std::vector<Sample>& samples) {
  Replay replay([](const Sample&) { return true; });
  for (const Sample& sample : samples) {
    if (!replay.add(sample, "fuzz line 1")) return;
  }
  const ReplayReport report = std::move(replay).finish();
  require_conserved(report);
  require_harmless(replay_screen(report, 5), "the screen of a replay is harmless");
}

}  // namespace

void samples_csv(std::string_view input) {
  const std::vector<Sample> samples = samples_in(input);
  if (samples.empty()) return;
  const std::string written = rows_of(samples);
  require_harmless(written, "rows that were read are harmless when written again");
  const std::vector<Sample> again = samples_in(written);
  require(again.size() == samples.size(), "all rows that were written are read again");
  require(rows_of(again) == written, "rows are the same after writing and reading");
  replay(samples);
}

// A recording as the screen of `replay` walks along it.
void walked_recording(std::string_view input) {
  const std::vector<Sample> samples = samples_in(input);
  for (const std::size_t most_rows : {std::size_t{1'000'000}, std::size_t{3}}) {
    screen::Timeline timeline(most_rows);
    for (const Sample& sample : samples) timeline.add(sample);
    timeline.finish();
    if (timeline.size() == 0) continue;
    require(timeline.begin() <= timeline.end(), "a recording ends after its begin");
    use(timeline.traffic(samples.size() % 97 + 1));
    screen::TimelineReader reader(timeline);
    constexpr std::size_t kMostMoments = 32;
    for (std::size_t at = 0; at < std::min(timeline.size(), kMostMoments); ++at) {
      reader.go_to(at);
      reader.go_to(timeline.size() - 1 - at);
      require(timeline.moment_at(timeline.time_of(at)) == at, "a moment is found by its time");
      use(reader.samples());
    }
  }
}

void lifecycle_csv(std::string_view input) {
  const auto rows_in = [](std::string_view text) {
    std::istringstream in{std::string(text)};
    std::string rows = csv::lifecycle_header();
    (void)csv::for_each_lifecycle_row(in, "fuzz", [&](const lifecycle::Row& row) -> Result<void> {
      rows += csv::lifecycle_row(row);
      return {};
    });
    return rows;
  };
  const std::string written = rows_in(input);
  require_harmless(written, "rows that were read are harmless when written again");
  require(rows_in(written) == written, "rows are the same after writing and reading");
}

// The header is the file's own first line, so that what follows is looked at.
void csv_to_append(std::string_view input) {
  const MemoryFile file(input);
  for (const auto format : {csv::RowFormat::csv, csv::RowFormat::json_lines}) {
    auto sink = csv::FileSink::open({file.path(), format, "--csv"}, csv::samples_header());
    if (sink) use(sink->write({csv::samples_row(Sample{})}));
  }
}

void json_lines(std::string_view input) {
  const auto [header, rest] = first_line(input);
  const csv::JsonLines lines(std::string(header) + "\n");
  use(lines.wrote(rest));
  std::istringstream in{std::string(rest)};
  csv::RecordReader reader(in);
  while (true) {
    const auto more = reader.next();
    if (!more || !*more) return;
    csv::RecordWriter writer;
    for (const std::string& field : reader.fields()) writer.add(field);
    const std::string record = std::move(writer).line();
    require_harmless(record, "a record is harmless");
    use(lines.line(record));
  }
}

void saved_credits(std::string_view input) {
  const auto saved = parse_saved_credits(input);
  if (!saved) return;
  const std::string text = saved_credits_text(*saved);
  const auto again = parse_saved_credits(text);
  require(again.has_value(), "credits that were saved are read again");
  require(saved_credits_text(*again) == text, "credits are the same after saving and reading");
  use(gap_since(*saved, again->identity));
}

void saved_series(std::string_view input) {
  const auto saved = serve::parse_saved_series(input);
  if (!saved) return;
  const std::string text = serve::saved_series_text(*saved);
  const auto again = serve::parse_saved_series(text);
  require(again.has_value(), "series that were saved are read again");
  require(serve::saved_series_text(*again) == text, "series are the same after saving and reading");
}

}  // namespace cgtally::fuzz
