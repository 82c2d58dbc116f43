// SPDX-License-Identifier: Apache-2.0
// A small file that is whole or absent, whatever kills the process. Root neither believes nor waits
// for one that somebody else has put in its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::files {

// One such file, such as the saved credits. Does not interpret the text: a caller that cannot read
// it sets the file aside for the user to look at, and never overwrites it.
class StateFile {
 public:
  // The first write() makes the directory.
  StateFile(const std::string& directory, const std::string& name)
      : path_(directory + "/" + name) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  // std::nullopt: there is no such file. An Error, too: somebody else put it there.
  [[nodiscard]] Result<std::optional<std::string>> read() const;
  [[nodiscard]] Result<void> write(std::string_view text) const;
  // Renames the file, and returns its new name.
  [[nodiscard]] Result<std::string> set_aside() const;

 private:
  std::string path_;
};

}  // namespace cgtally::files
