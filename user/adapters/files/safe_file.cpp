// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/safe_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "adapters/sys/error.h"

namespace cgtally::files {
namespace {

constexpr int kAlways = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr int kMostTries = 10;  // of a name that changes while it is looked at

Error failed_to_open(const std::string& path, int code) {
  return sys::error_from(code, "open " + path);
}

// std::nullopt: what is there has changed meanwhile.
Result<std::optional<sys::Fd>> open_what_is_there(const Place& place, const struct stat& seen,
                                                  const std::string& path) {
  if (S_ISDIR(seen.st_mode)) return std::unexpected(failed_to_open(path, EISDIR));
  if (auto ours = check_owner(place, seen); !ours) return std::unexpected(ours.error());
  // A pipe is not opened for reading, because then it would never break.
  const int how = S_ISREG(seen.st_mode) ? O_RDWR : O_WRONLY;
  const int follow = place.kernels ? 0 : O_NOFOLLOW;
  sys::Fd fd(
      ::openat(place.directory.get(), place.name.c_str(), how | O_APPEND | follow | kAlways));
  if (!fd && (errno == ENOENT || errno == ELOOP)) return std::nullopt;
  if (!fd) return std::unexpected(failed_to_open(path, errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(failed_to_open(path, errno));
  if ((status.st_mode & S_IFMT) != (seen.st_mode & S_IFMT)) return std::nullopt;
  if (auto ours = check_owner(place, status); !ours) return std::unexpected(ours.error());
  return fd;
}

// std::nullopt: something has come there meanwhile.
Result<std::optional<sys::Fd>> make_file(const Place& place, const std::string& path) {
  sys::Fd fd(::openat(place.directory.get(), place.name.c_str(),
                      O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | kAlways, kFileMode));
  if (fd) {
    hand_to_caller(fd.get());
    return fd;
  }
  if (errno == EEXIST) return std::nullopt;
  return std::unexpected(failed_to_open(path, errno));
}

Result<std::optional<sys::Fd>> try_to_open(const std::string& path) {
  auto place = find_place(path);
  if (!place) return std::unexpected(std::move(place).error());
  struct stat seen{};
  const int follow = place->kernels ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::fstatat(place->directory.get(), place->name.c_str(), &seen, follow) == 0) {
    return open_what_is_there(*place, seen, path);
  }
  if (errno == ENOENT && !place->kernels) return make_file(*place, path);
  return std::unexpected(failed_to_open(path, errno));
}

Result<sys::Fd> open_own(const Place& place, const std::string& name) {
  sys::Fd fd(::openat(place.directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | kAlways));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return std::unexpected(failed_to_open(place.path, errno));
  }
  if (auto ours = check_owner(place, status); !ours) return std::unexpected(ours.error());
  if (!S_ISREG(status.st_mode)) {
    return std::unexpected(Error{.what = place.path + " is not a regular file",
                                 .hint = "look what it is, and remove it",
                                 .code = EINVAL});
  }
  return fd;
}

// An errno; 0: the text is whole, or as long as it may be.
int read_text(int fd, std::string& text, std::size_t most) {
  std::array<char, 4096> part{};
  while (text.size() < most) {
    const ssize_t got = ::read(fd, part.data(), std::min(part.size(), most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return 0;
}

}  // namespace

Result<sys::Fd> open_to_append(const std::string& path) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    auto opened = try_to_open(path);
    if (!opened) return std::unexpected(std::move(opened).error());
    if (*opened) return **std::move(opened);
  }
  return std::unexpected(Error{.what = "somebody keeps exchanging " + path,
                               .hint = "choose a directory that others may not write to",
                               .code = EBUSY});
}

Result<std::optional<std::string>> read_own(const std::string& path, std::size_t most) {
  auto place = find_place(path);
  const auto missing = [](const Error& error) {
    return error.code == ENOENT || error.code == ENOTDIR;
  };
  if (!place && missing(place.error())) return std::nullopt;
  if (!place) return std::unexpected(std::move(place).error());
  auto file = open_own(*place, place->name);
  if (!file && missing(file.error())) return std::nullopt;
  if (!file) return std::unexpected(std::move(file).error());
  std::string text;
  if (const int code = read_text(file->get(), text, most + 1); code != 0) {
    return std::unexpected(sys::error_from(code, "read " + path));
  }
  if (text.size() > most) {
    return std::unexpected(Error{.what = fmt::format("{} has more than {} bytes", path, most),
                                 .hint = "look what it is, and remove it",
                                 .code = EFBIG});
  }
  return text;
}

std::string begin_of_own(const Place& place, const std::string& name, std::size_t most) {
  const auto file = open_own(place, name);
  std::string text;
  if (!file || read_text(file->get(), text, most) != 0) return {};
  return text;
}

// An open file description's lock. A reader's flock does not touch it, and who may only read can
// set no lock but one for reading. So the second question, which asks for such a lock itself, is
// refused because of a writer alone.
bool lock_out_writers(int fd) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;  // from the start, to the end whatever it becomes
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
  lock = {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK;
}

}  // namespace cgtally::files
