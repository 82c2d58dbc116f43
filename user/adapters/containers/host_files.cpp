// SPDX-License-Identifier: Apache-2.0
#include "adapters/containers/host_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "core/base/text.h"

namespace cgtally::containers {
namespace {

constexpr int kAlways = O_NOFOLLOW | O_CLOEXEC;

}  // namespace

void HostFiles::refuse(const std::string& path, const std::string& why) {
  if (refused_.empty()) refused_ = fmt::format("{} {}", escape_name(path), why);
}

// Links in between may be the administrator's: /var/lib/docker often is one. The last component is
// none.
sys::Fd HostFiles::open(const std::string& path, int flags) {
  const sys::Fd root(::open(root_.empty() ? "/" : root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return {};
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | kAlways);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  sys::Fd opened(
      static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  if (!opened && errno != ENOENT && errno != ENOTDIR) {
    refuse(path, fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
  }
  return opened;
}

// In two steps: only when the file is known to be regular is it opened for reading.
sys::Fd HostFiles::open_file(const std::string& path, std::size_t& size) {
  const sys::Fd found = open(path, O_PATH);
  struct stat status{};
  if (!found || fstat(found.get(), &status) != 0) return {};
  if (!S_ISREG(status.st_mode)) {
    refuse(path, "is not a regular file");
    return {};
  }
  if (static_cast<std::size_t>(status.st_size) > kMostOfFile) {
    refuse(path, fmt::format("is larger than {} MiB", kMostOfFile >> 20U));
    return {};
  }
  size = static_cast<std::size_t>(status.st_size);
  const std::string itself = fmt::format("/proc/self/fd/{}", found.get());
  sys::Fd file(::open(itself.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) {
    refuse(path, fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
  }
  return file;
}

std::optional<std::string> HostFiles::content_of(const std::string& path) {
  std::size_t size = 0;
  const sys::Fd file = open_file(path, size);
  if (!file) return std::nullopt;
  std::string text(size + 1, '\0');  // one more, to see that it has grown
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t got = read(file.get(), text.data() + length, text.size() - length);
    if (got < 0) {
      refuse(path, fmt::format("cannot be read: {}", std::generic_category().message(errno)));
      return std::nullopt;
    }
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  if (length == text.size()) return std::nullopt;  // being written: the next look finds it whole
  text.resize(length);
  return text;
}

bool HostFiles::for_each_name(const std::string& path, const OnName& on_name) {
  sys::Fd fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (!fd) return true;
  const std::unique_ptr<DIR, void (*)(DIR*)> directory(fdopendir(fd.get()),
                                                       [](DIR* one) { (void)closedir(one); });
  if (!directory) return true;
  (void)fd.release();
  const dirent* entry = nullptr;
  for (int i = 0; (entry = readdir(directory.get())) != nullptr; ++i) {
    if (i == kMostNames) {
      refuse(path, fmt::format("has more than {} entries", kMostNames));
      return false;
    }
    on_name(entry->d_name);
  }
  return true;
}

}  // namespace cgtally::containers
