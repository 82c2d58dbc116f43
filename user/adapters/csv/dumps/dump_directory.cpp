// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/dumps/dump_directory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "adapters/csv/dumps/burst_windows.h"
#include "adapters/files/new_file.h"
#include "adapters/files/safe_file.h"
#include "adapters/sys/error.h"
#include "core/base/quantity.h"

namespace cgtally::csv {
namespace {

constexpr int kMostNames = 1000;

// True for a file with a dump's name that begins with a dump's header. An unfinished file may have
// a part of the header only.
bool is_dump(const files::Place& directory, const std::string& name) {
  if (!is_windows_file_name(name)) return false;
  const std::string header = windows_header();
  const std::string begin = files::begin_of_own(directory, name, header.size());
  return name.ends_with(".csv") ? begin == header : header.starts_with(begin);
}

}  // namespace

Result<void> DumpDirectory::open() {
  const auto directory = files::find_directory(path_, files::Missing::is_made);
  if (!directory) return std::unexpected(directory.error());
  files::remove_unfinished(*directory);
  const auto names = files::names_in(*directory);
  if (!names) return std::unexpected(names.error());
  std::vector<File> found;
  for (const std::string& name : *names) {
    struct stat status{};
    if (is_dump(*directory, name) &&
        ::fstatat(directory->directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
      found.push_back({.name = name, .bytes = static_cast<std::uint64_t>(status.st_size)});
    }
  }
  std::ranges::sort(found, {}, &File::name);
  files_.clear();
  bytes_ = 0;
  for (File& file : found) {
    keep(std::move(file));
  }
  if (::faccessat(directory->directory.get(), ".", W_OK | X_OK, 0) != 0) {
    return std::unexpected(sys::error_from(errno, "write to " + path_));
  }
  return {};
}

void DumpDirectory::keep(File file) {
  bytes_ += file.bytes;
  files_.push_back(std::move(file));
}

// Removes the oldest files, before the new one is written: a disk may be full of dumps.
Result<void> DumpDirectory::make_room(const files::Place& directory, std::uint64_t bytes) {
  while (!files_.empty() &&
         (files_.size() + 1 > limits_.files || bytes_ + bytes > limits_.bytes.value)) {
    const File& oldest = files_.front();
    if (is_dump(directory, oldest.name) &&
        ::unlinkat(directory.directory.get(), oldest.name.c_str(), 0) != 0) {
      return std::unexpected(
          sys::error_from(errno, fmt::format("remove {}/{}", path_, oldest.name)));
    }
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
  auto directory = files::find_directory(path_, files::Missing::is_made);
  if (!directory) return std::unexpected(std::move(directory).error());
  if (auto made = make_room(*directory, text.size()); !made) return made;
  auto file = files::NewFile::at(*std::move(directory));
  if (!file) return std::unexpected(std::move(file).error());
  if (auto written = file->write(text); !written) return written;
  for (int number = 1; number <= kMostNames; ++number) {
    std::string free = numbered_windows_file_name(name, number);
    const auto put = file->put_if_free(free);
    if (!put) return std::unexpected(put.error());
    if (!*put) continue;
    keep({.name = std::move(free), .bytes = text.size()});
    return {};
  }
  return std::unexpected(sys::error_from(EEXIST, fmt::format("move a dump to {}/{}", path_, name)));
}

}  // namespace cgtally::csv
