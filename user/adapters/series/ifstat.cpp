// SPDX-License-Identifier: Apache-2.0
// ifstat's KB are 1024 bytes, its Kbps 1000 bits.
#include "adapters/series/ifstat.h"

#include <fmt/core.h>

#include <sstream>
#include <string_view>

#include "adapters/series/common/builder.h"
#include "adapters/series/common/selection.h"
#include "adapters/text/line.h"

namespace cgtally::series {
namespace {

std::vector<std::string> blank_separated(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

bool is_units(const std::string& line) {
  return line.contains("KB/s in") || line.contains("Kbps in");
}

Error damaged(const std::string& file, std::size_t line, std::string_view why) {
  return {.what = fmt::format("{}: line {}: {}", file, line, why),
          .hint = "record it with ifstat -t -n"};
}

}  // namespace

Result<std::vector<Series>> read_ifstat(std::istream& in, const std::string& file,
                                        const ReadOptions& options) {
  Series shape;
  shape.file = file;
  shape.format = "ifstat";
  shape.columns = {.rx = "in", .tx = "out"};
  SeriesGroups groups(file, options);
  std::vector<std::string> interfaces;
  std::vector<std::string> words_before;
  std::uint32_t number = 0;
  std::string line;
  for (;;) {
    ++number;
    auto more = text::read_line(in, line);
    if (!more) return std::unexpected(damaged(file, number, more.error().what));
    if (!*more) break;
    if (is_units(line)) {
      interfaces = words_before;
      if (interfaces.empty() || interfaces.front() != "Time" || !line.contains("HH:MM:SS")) {
        return std::unexpected(damaged(file, number, "rows have no time"));
      }
      interfaces.erase(interfaces.begin());
      shape.unit = *parse_series_unit(line.contains("KB/s") ? "KiB/s" : "kbit/s");
      continue;
    }
    const std::vector<std::string> words = blank_separated(line);
    words_before = words;
    if (words.empty() || words.front() == "Time") continue;
    if (words.size() != 1 + 2 * interfaces.size()) {
      return std::unexpected(damaged(file, number, "another number of columns than the header"));
    }
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      SeriesBuilder* const builder = groups.find("", interfaces[i], shape);
      if (builder == nullptr) continue;
      if (auto added = builder->add({.time = words[0],
                                     .values = {.rx = words[2 * i + 1], .tx = words[2 * i + 2]},
                                     .line = number});
          !added) {
        return std::unexpected(std::move(added).error());
      }
    }
  }
  return std::move(groups).finish(shape);
}

}  // namespace cgtally::series
