// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/dumps/dump_directory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "adapters/csv/dumps/burst_windows.h"
#include "adapters/sys/error.h"
#include "adapters/sys/state_file.h"
#include "core/base/quantity.h"

namespace cgtally::csv {
namespace {

constexpr int kMostNames = 1000;

// True for a file with a dump's name that begins with a dump's header. An unfinished file may have
// a part of the header only.
bool is_dump(const std::filesystem::path& path) {
  std::error_code failed;
  const std::string name = path.filename();
  if (!is_windows_file_name(name) ||
      !std::filesystem::is_regular_file(std::filesystem::symlink_status(path, failed))) {
    return false;
  }
  const std::string header = windows_header();
  std::string begin(header.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return name.ends_with(".csv") ? begin == header : header.starts_with(begin);
}

}  // namespace

Result<void> DumpDirectory::open() {
  std::error_code failed;
  std::filesystem::create_directories(path_, failed);
  if (failed) {
    return std::unexpected(sys::error_from(failed.value(), "make the directory " + path_));
  }
  std::vector<File> found;
  for (const auto& entry : std::filesystem::directory_iterator(path_, failed)) {
    if (!is_dump(entry.path())) continue;
    std::error_code gone;
    const auto bytes = entry.file_size(gone);
    if (!gone) {
      found.push_back({.name = entry.path().filename(), .bytes = bytes});
    }
  }
  if (failed) return std::unexpected(sys::error_from(failed.value(), "read " + path_));
  std::ranges::sort(found, {}, &File::name);
  files_.clear();
  bytes_ = 0;
  for (File& file : found) {
    keep(std::move(file));
  }
  if (::access(path_.c_str(), W_OK | X_OK) != 0) {
    return std::unexpected(sys::error_from(errno, "write to " + path_));
  }
  return {};
}

void DumpDirectory::keep(File file) {
  bytes_ += file.bytes;
  files_.push_back(std::move(file));
}

// Removes the oldest files, before the new one is written: a disk may be full of dumps.
Result<void> DumpDirectory::make_room(std::uint64_t bytes) {
  while (!files_.empty() &&
         (files_.size() + 1 > limits_.files || bytes_ + bytes > limits_.bytes.value)) {
    const File& oldest = files_.front();
    const std::string path = fmt::format("{}/{}", path_, oldest.name);
    std::error_code failed;
    if (is_dump(path)) {
      std::filesystem::remove(path, failed);
    }
    if (failed) return std::unexpected(sys::error_from(failed.value(), "remove " + path));
    bytes_ -= oldest.bytes;
    files_.pop_front();
  }
  return {};
}

Result<void> DumpDirectory::write(const std::string& name, std::string_view text) {
  if (text.size() > limits_.bytes.value) {
    return std::unexpected(
        Error{.what = fmt::format("{} has {}, more than all dumps may have ({})", name,
                                  format_bytes({text.size()}), format_bytes(limits_.bytes)),
              .hint = "give them more room: --dump-size SIZE",
              .code = EFBIG});
  }
  if (auto made = make_room(text.size()); !made) return made;
  // Another cgtally may write to the same directory.
  const std::string beside = fmt::format("{}.{}", name, ::getpid());
  if (auto written = sys::StateFile(path_, beside).write(text); !written) {
    return std::unexpected(std::move(written).error());
  }
  auto moved = move_to_free_name(fmt::format("{}/{}", path_, beside), name);
  if (!moved) return std::unexpected(std::move(moved).error());
  keep({.name = *std::move(moved), .bytes = text.size()});
  return {};
}

Result<std::string> DumpDirectory::move_to_free_name(const std::string& from,
                                                     const std::string& name) const {
  for (int number = 1; number <= kMostNames; ++number) {
    const std::string free = numbered_windows_file_name(name, number);
    const std::string to = fmt::format("{}/{}", path_, free);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
      return free;
    }
    // Not every file system has RENAME_NOREPLACE.
    const bool plain = errno == EINVAL || errno == ENOSYS;
    if (plain && ::access(to.c_str(), F_OK) != 0 && std::rename(from.c_str(), to.c_str()) == 0) {
      return free;
    }
    if (!plain && errno != EEXIST) break;
  }
  auto error = sys::error_from(errno, fmt::format("move a dump to {}/{}", path_, name));
  ::unlink(from.c_str());
  return std::unexpected(std::move(error));
}

}  // namespace cgtally::csv
