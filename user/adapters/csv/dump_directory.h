// SPDX-License-Identifier: Apache-2.0
// The directory of a flight recorder's dumps: each file is whole or not there, and no more of them
// than were asked for, those of earlier runs included. The newest are kept: a recorder that runs
// for weeks is asked about last night. Files of any other name are not touched.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "core/result.h"

namespace cgtally::csv {

class DumpDirectory {
 public:
  DumpDirectory(std::string path, std::size_t most) : path_(std::move(path)), most_(most) {}

  // Makes it where there is none; an Error: nothing can be written there now.
  [[nodiscard]] Result<void> open();
  // `name`: as windows_file_name() makes it.
  [[nodiscard]] Result<void> write(const std::string& name, std::string_view text);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void make_room(std::size_t files);

  std::string path_;
  std::size_t most_;
  std::deque<std::string> names_;  // oldest first
};

}  // namespace cgtally::csv
