// SPDX-License-Identifier: Apache-2.0
// The directory of a flight recorder's dumps: each file is whole or not there, and no more of them,
// nor more bytes, than were asked for, those of earlier runs included. The newest are kept: a
// recorder that runs for weeks is asked about last night. What is not a dump of ours, by its name
// and by how it begins, is not touched, and no file is ever written over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::csv {

struct DumpLimits {
  std::size_t files = 0;
  Bytes bytes;
};

class DumpDirectory {
 public:
  DumpDirectory(std::string path, DumpLimits limits) : path_(std::move(path)), limits_(limits) {}

  // Makes it where there is none; an Error: nothing can be written there now.
  [[nodiscard]] Result<void> open();
  // `name`: as windows_file_name() makes it; where it is taken, the next that is free. EFBIG: it
  // alone has more bytes than all may have.
  [[nodiscard]] Result<void> write(const std::string& name, std::string_view text);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Result<void> make_room(std::uint64_t bytes);
  [[nodiscard]] Result<std::string> move_to_free_name(const std::string& from,
                                                      const std::string& name) const;
  void keep(File file);

  std::string path_;
  DumpLimits limits_;
  std::deque<File> files_;   // oldest first
  std::uint64_t bytes_ = 0;  // of all of them
};

}  // namespace cgtally::csv
