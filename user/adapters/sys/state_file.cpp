// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/state_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/write.h"

namespace cgtally::sys {
namespace {

constexpr std::size_t kMost = 1 << 20;  // our files are smaller

Error failed(const std::string& doing, const std::string& path) {
  return error_from(errno, fmt::format("{} {}", doing, path),
                    "choose another directory: --state-dir DIR");
}

}  // namespace

Result<std::optional<std::string>> StateFile::read() const {
  const Fd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return std::unexpected(failed("open", path_));
  }
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(failed("read", path_));
    if (got == 0 || text.size() > kMost) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

Result<void> StateFile::write(std::string_view text) const {
  std::error_code made;
  std::filesystem::create_directories(directory_, made);
  if (made) {
    errno = made.value();
    return std::unexpected(failed("make the directory", directory_));
  }
  const std::string beside = path_ + ".new";
  const Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return std::unexpected(failed("open", beside));
  if (const int code = write_all(file.get(), text); code != 0) {
    errno = code;
    auto error = failed("write", beside);
    ::unlink(beside.c_str());
    return std::unexpected(std::move(error));
  }
  if (::fsync(file.get()) != 0) return std::unexpected(failed("flush", beside));
  if (std::rename(beside.c_str(), path_.c_str()) != 0) {
    return std::unexpected(failed("move into place", path_));
  }
  return {};
}

Result<std::string> StateFile::set_aside() const {
  const std::string aside = path_ + ".corrupt";
  if (std::rename(path_.c_str(), aside.c_str()) != 0) {
    return std::unexpected(failed("set aside", path_));
  }
  return aside;
}

}  // namespace cgtally::sys
