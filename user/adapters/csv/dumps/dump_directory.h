// SPDX-License-Identifier: Apache-2.0
// The directory of burst dumps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "adapters/files/place.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::csv {

struct DumpLimits {
  std::size_t files = 0;
  Bytes bytes;
};

// Writes dumps for DumpWriter, each of them whole or absent, and keeps their number and size,
// including the dumps of earlier runs, within the limits: the oldest are removed. Does not touch a
// file without a dump's name and header, or of somebody else, and never overwrites a file.
class DumpDirectory {
 public:
  DumpDirectory(std::string path, DumpLimits limits) : path_(std::move(path)), limits_(limits) {}

  // Makes the directory if it is missing. An Error: it cannot be written to now.
  [[nodiscard]] Result<void> open();
  // `name` comes from windows_file_name(); if such a file exists, the next free number is added.
  // EFBIG: this dump alone is larger than the limit for all.
  [[nodiscard]] Result<void> write(const std::string& name, std::string_view text);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Result<void> make_room(const files::Place& directory, std::uint64_t bytes);
  void keep(File file);

  std::string path_;
  DumpLimits limits_;
  std::deque<File> files_;   // oldest first
  std::uint64_t bytes_ = 0;  // of all of them
};

}  // namespace cgtally::csv
