// SPDX-License-Identifier: Apache-2.0
// Who writes an unfinished file has it locked, so that another process can tell it from one that a
// killed run has left.
#include "adapters/files/new_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "adapters/files/safe_file.h"
#include "adapters/sys/error.h"
#include "adapters/sys/write.h"

namespace cgtally::files {
namespace {

constexpr std::string_view kPrefix = ".cgtally-";
constexpr std::string_view kSuffix = ".part";
constexpr int kMostNames = 10;

bool is_unfinished_name(std::string_view name) {
  return name.starts_with(kPrefix) && name.ends_with(kSuffix);
}

// Without randomness a name that is taken is found out by O_EXCL.
std::string unguessable_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) number = 0;
  return fmt::format("{}{:016x}{}", kPrefix, number, kSuffix);
}

// Not of a process that is about to remove what it takes for a leftover. A file system without
// locks has nobody who removes any.
bool stays_ours(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat status{};
  return ::fstat(fd, &status) == 0 && status.st_nlink > 0;
}

void remove_if_left(int directory, const std::string& name) {
  const sys::Fd file(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_uid == ::geteuid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    ::unlinkat(directory, name.c_str(), 0);
  }
}

}  // namespace

Result<NewFile> NewFile::at(Place place) {
  for (int tries = 0; tries < kMostNames; ++tries) {
    std::string name = unguessable_name();
    sys::Fd fd(::openat(place.directory.get(), name.c_str(),
                        O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    if (!fd && errno != EEXIST) break;
    if (fd) hand_to_caller(fd.get());
    if (fd && stays_ours(fd.get()))
      return NewFile(std::move(place), std::move(fd), std::move(name));
  }
  return std::unexpected(sys::error_from(errno, "open " + place.path));
}

Result<std::optional<NewFile>> NewFile::instead_of(const std::string& path) {
  auto place = find_place(path);
  if (!place) return std::unexpected(std::move(place).error());
  struct stat status{};
  const bool there =
      ::fstatat(place->directory.get(), place->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (place->kernels || (there && !S_ISREG(status.st_mode))) return std::nullopt;
  remove_unfinished(*place);
  auto file = at(*std::move(place));
  if (!file) return std::unexpected(std::move(file).error());
  return *std::move(file);
}

NewFile::~NewFile() {
  if (fd_ && !name_.empty()) ::unlinkat(place_.directory.get(), name_.c_str(), 0);
}

Result<void> NewFile::write(std::string_view text) {
  if (const int code = sys::write_all(fd_.get(), text); code != 0) {
    return std::unexpected(sys::error_from(code, "write " + place_.path));
  }
  return {};
}

// A page for a web server, say, that was once made readable stays so.
void NewFile::take_mode_of_predecessor() const {
  struct stat status{};
  constexpr mode_t kPermissions = 0777;
  if (::fstatat(place_.directory.get(), place_.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || !check_owner(place_, status)) {
    return;
  }
  const bool same_group = ::fchown(fd_.get(), static_cast<uid_t>(-1), status.st_gid) == 0;
  if (same_group) (void)::fchmod(fd_.get(), status.st_mode & kPermissions);
}

Result<void> NewFile::finish() {
  if (::fsync(fd_.get()) == 0 || errno == EINVAL) return {};
  return std::unexpected(sys::error_from(errno, "flush " + place_.path));
}

Result<void> NewFile::put() {
  if (auto flushed = finish(); !flushed) return flushed;
  take_mode_of_predecessor();
  const int directory = place_.directory.get();
  if (::renameat(directory, name_.c_str(), directory, place_.name.c_str()) != 0) {
    return std::unexpected(sys::error_from(errno, "move into place " + place_.path));
  }
  name_.clear();
  return {};
}

Result<bool> NewFile::put_if_free(const std::string& name) {
  if (auto flushed = finish(); !flushed) return std::unexpected(flushed.error());
  const int directory = place_.directory.get();
  int code = 0;
  if (::renameat2(directory, name_.c_str(), directory, name.c_str(), RENAME_NOREPLACE) != 0) {
    code = errno;
  }
  if (code == EINVAL || code == ENOSYS) {  // not every file system has RENAME_NOREPLACE
    const bool free = ::faccessat(directory, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    const bool moved = free && ::renameat(directory, name_.c_str(), directory, name.c_str()) == 0;
    code = moved ? 0 : (free ? errno : EEXIST);
  }
  if (code == EEXIST) return false;
  if (code != 0) {
    return std::unexpected(
        sys::error_from(code, fmt::format("move into place {} in {}", name, place_.path)));
  }
  name_.clear();
  return true;
}

void remove_unfinished(const Place& place) {
  const auto names = names_in(place);
  if (!names) return;
  for (const std::string& name : *names) {
    if (is_unfinished_name(name)) remove_if_left(place.directory.get(), name);
  }
}

}  // namespace cgtally::files
