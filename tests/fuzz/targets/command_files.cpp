// SPDX-License-Identifier: Apache-2.0
// Files that commands are given, through all that the commands do with them: recordings of cgtally
// and of other monitors, packed or not.
#include <sstream>

#include "adapters/ec2/catalogue_file.h"
#include "adapters/series/read.h"
#include "adapters/text/input.h"
#include "core/series/intervals.h"
#include "core/series/join.h"
#include "fuzz/target.h"
#include "monitor/offline/mirror_comparison.h"
#include "monitor/offline/report_builder.h"
#include "monitor/offline/series_nodes.h"
#include "monitor/offline/size_report.h"

namespace cgtally::fuzz {
namespace {

using namespace std::chrono_literals;

// The first letter says what the user told of the file.
series::ReadOptions options_by(char letter) {
  series::ReadOptions options;
  const auto bits = static_cast<unsigned char>(letter);
  if ((bits & 1U) != 0) options.zone = "+02:00";
  if ((bits & 2U) != 0) options.decimal = DecimalMark::comma;
  if ((bits & 4U) != 0) options.period = 60s;
  if ((bits & 8U) != 0) options.statistic = "sum";
  if ((bits & 16U) != 0) options.columns.tx = "tx";
  if ((bits & 32U) != 0) options.interfaces = {"eth*"};
  return options;
}

void make_all_intervals(std::vector<Series> all) {
  for (const Series& one : all) {
    Nanoseconds sum{};
    const auto facts = make_intervals(one, [&sum](const SeriesInterval& interval) {
      require(interval.length > Nanoseconds{0}, "an interval has a length");
      sum += interval.length;
    });
    if (!facts) continue;
    require(sum == facts->end - facts->begin, "the intervals of a series have no holes");
    for (const std::string& line : monitor::note_lines(one, *facts)) {
      require_harmless(line, "a note about a series is harmless");
    }
  }
}

}  // namespace

void foreign_series(std::string_view input) {
  // A letter of the told options, if the input begins with '!'; recordings never do.
  const bool told = input.starts_with('!') && input.size() > 1;
  const auto options = told ? options_by(input[1]) : series::ReadOptions{};
  const MemoryFile file(told ? input.substr(2) : input);
  auto opened = text::Input::open(file.path());
  if (!opened) return;
  std::vector<text::Input> inputs;
  inputs.push_back(*std::move(opened));
  auto nodes = monitor::read_nodes(inputs, options, false);
  if (nodes) make_all_intervals(*std::move(nodes));
}

void report_files(std::string_view input) {
  const MemoryFile file(input);
  const auto page = monitor::report_page(
      {.files = {file.path()}, .interfaces = {}, .credits = {}, .version = "0"});
  if (page) require_harmless(*page, "the page of a report is harmless");
}

void size_files(std::string_view input) {
  const MemoryFile file(input);
  monitor::SizeOptions options;
  options.files = {file.path()};
  options.types = "t4g.*";
  const auto text = monitor::size_text(options);
  if (text) require_harmless(*text, "the answer of size is harmless");
}

void compare_files(std::string_view input) {
  const MemoryFile file(input);
  use(monitor::compare_recordings({.files = {file.path()},
                                   .interfaces = {},
                                   .sides = {.original = "*a*", .mirror = "*b*"},
                                   .options = {}}));
}

void catalogue(std::string_view input) {
  std::istringstream in{std::string(input)};
  use(ec2::read_table(in, "fuzz"));
}

}  // namespace cgtally::fuzz
