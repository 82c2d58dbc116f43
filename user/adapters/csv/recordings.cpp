// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/recordings.h"

#include <fmt/core.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

#include "adapters/csv/samples.h"
#include "core/base/text.h"

namespace cgtally::csv {
namespace {

Result<void> read_stream(const std::string& file, const OnStream& on_stream) {
  if (file == "-") return on_stream(std::cin, "stdin");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (stream) return on_stream(stream, file);
  return std::unexpected(
      Error{.what = fmt::format("{}: {}", file, std::generic_category().message(errno)),
            .hint = "give a samples CSV as cgtally record writes it"});
}

}  // namespace

Result<void> read_streams(const std::vector<std::string>& files, const OnStream& on_stream) {
  for (const std::string& file : files) {
    if (auto read = read_stream(file, on_stream); !read) return read;
  }
  return {};
}

Result<void> read_recordings(const std::vector<std::string>& files, const OnRow& on_row) {
  return read_streams(files, [&](std::istream& in, const std::string& name) -> Result<void> {
    std::size_t rows = 0;
    auto read = csv::for_each_sample(in, name, [&](const Sample& row, std::size_t line) {
      ++rows;
      return on_row(row, fmt::format("{}: line {}", name, line));
    });
    if (!read || rows > 0) return read;
    return std::unexpected(Error{.what = name + " has a header and no rows",
                                 .hint = "record for longer than one interval"});
  });
}

bool may_be_uplink(std::string_view iface) { return iface != "lo" && !iface.starts_with("veth"); }

Error no_match(const std::string& kind, const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i) {
    list += (list.empty() ? "" : ", ") + printable(names[i]);
  }
  return {.what = fmt::format("no {} in the recording matches", kind),
          .hint = fmt::format("the recording has {}", list),
          .failure = Failure::usage};
}

}  // namespace cgtally::csv
