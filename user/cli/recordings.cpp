// SPDX-License-Identifier: Apache-2.0
#include "cli/recordings.h"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

#include "adapters/csv/samples.h"
#include "core/text.h"

namespace cgtally::cli {
namespace {

Result<void> read_one(const std::string& file, const OnRow& on_row) {
  const bool from_stdin = file == "-";
  const std::string name = from_stdin ? "stdin" : file;
  std::ifstream stream;
  errno = 0;
  if (!from_stdin) stream.open(file, std::ios::binary);
  if (!stream) {
    return std::unexpected(Error{.what = name + ": " + std::generic_category().message(errno),
                                 .cure = "give a samples CSV as cgtally record writes it"});
  }
  std::size_t rows = 0;
  const auto take = [&](const Sample& row, std::size_t line) {
    ++rows;
    return on_row(row, name + ": line " + std::to_string(line));
  };
  auto read = csv::for_each_sample(from_stdin ? std::cin : stream, name, take);
  if (!read || rows > 0) return read;
  return std::unexpected(Error{.what = name + " has a header and no rows",
                               .cure = "record for longer than one interval"});
}

}  // namespace

Result<void> read_recordings(const std::vector<std::string>& files, const OnRow& on_row) {
  for (const std::string& file : files) {
    if (auto read = read_one(file, on_row); !read) return read;
  }
  return {};
}

Error nothing_of(const std::string& kind, const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i) {
    list += (list.empty() ? "" : ", ") + printable(names[i]);
  }
  return {.what = "no " + kind + " in the recording matches",
          .cure = "there are: " + list,
          .failure = Failure::usage};
}

}  // namespace cgtally::cli
