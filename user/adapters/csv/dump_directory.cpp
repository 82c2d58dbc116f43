// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/dump_directory.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "adapters/csv/windows.h"
#include "adapters/sys/error.h"
#include "adapters/sys/state_file.h"

namespace cgtally::csv {

Result<void> DumpDirectory::open() {
  std::error_code failed;
  std::filesystem::create_directories(path_, failed);
  if (failed)
    return std::unexpected(sys::error_from(failed.value(), "make the directory " + path_));
  names_.clear();
  for (const auto& entry : std::filesystem::directory_iterator(path_, failed)) {
    const std::string name = entry.path().filename();
    if (is_windows_file_name(name)) names_.push_back(name);
  }
  std::ranges::sort(names_);
  if (failed) return std::unexpected(sys::error_from(failed.value(), "read " + path_));
  if (::access(path_.c_str(), W_OK | X_OK) != 0) {
    return std::unexpected(sys::error_from(errno, "write to " + path_));
  }
  return {};
}

// The oldest go first, so that a disk that is full of dumps has room again.
void DumpDirectory::make_room(std::size_t files) {
  while (!names_.empty() && names_.size() + files > most_) {
    std::error_code failed;
    std::filesystem::remove(path_ + "/" + names_.front(), failed);
    if (failed) return;
    names_.pop_front();
  }
}

Result<void> DumpDirectory::write(const std::string& name, std::string_view text) {
  std::erase(names_, name);
  make_room(1);
  if (auto written = sys::StateFile(path_, name).write(text); !written) {
    return std::unexpected(std::move(written).error());
  }
  names_.push_back(name);
  return {};
}

}  // namespace cgtally::csv
