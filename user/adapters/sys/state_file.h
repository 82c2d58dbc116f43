// SPDX-License-Identifier: Apache-2.0
// A small file that must be whole or not there, whatever kills us: written beside its place,
// flushed, and moved there. One that cannot be understood is set aside, never overwritten: somebody
// may want to know.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::sys {

class StateFile {
 public:
  // Makes the directory with the first write.
  StateFile(std::string directory, const std::string& name)
      : directory_(std::move(directory)), path_(directory_ + "/" + name) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  // None: there is no such file.
  [[nodiscard]] Result<std::optional<std::string>> read() const;
  [[nodiscard]] Result<void> write(std::string_view text) const;
  // Its new name.
  [[nodiscard]] Result<std::string> set_aside() const;

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace cgtally::sys
