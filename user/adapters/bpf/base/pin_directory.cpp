// SPDX-License-Identifier: Apache-2.0
// Links are not followed: one that somebody else made would lead to a directory of theirs. The
// check holds until the pins are used, because only those who passed it can change what it saw.
#include "adapters/bpf/base/pin_directory.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

static_assert(kUntrusted == EPERM);

enum class Sticky : bool { is_no_excuse, suffices };

Error untrusted(std::string what, std::string hint) {
  return {.what = std::move(what), .hint = std::move(hint), .code = kUntrusted};
}

Error of_another(const std::string& path, uid_t owner) {
  return untrusted(
      fmt::format("{} belongs to user {}, who could exchange the ledger in it", path, owner),
      fmt::format("look what is there, and remove it: rm -r {}; then let nobody else make "
                  "directories there: chmod 0700 {}",
                  path, std::filesystem::path(path).parent_path().string()));
}

Result<void> check_one(const std::string& path, Sticky sticky) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(sys::error_from(errno, "look at " + path));
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return std::unexpected(of_another(path, status.st_uid));
  }
  if (!S_ISDIR(status.st_mode)) {
    return std::unexpected(untrusted(fmt::format("{} is not a directory", path),
                                     fmt::format("look what it is, and remove it: rm {}", path)));
  }
  const bool writable = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool protects = sticky == Sticky::suffices && (status.st_mode & S_ISVTX) != 0;
  if (!writable || protects) return {};
  return std::unexpected(untrusted(
      fmt::format("others may write to {} (mode {:04o}), and could exchange the ledger", path,
                  status.st_mode & 07777U),
      fmt::format("forbid it: chmod {} {}", sticky == Sticky::suffices ? "go-w" : "0700", path)));
}

}  // namespace

Result<void> check_way_to(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path whole = std::filesystem::canonical(path, failed);
  struct stat last{};
  if (failed || ::stat(whole.c_str(), &last) != 0) {
    return std::unexpected(sys::error_from(failed ? failed.value() : errno, "look at " + path));
  }
  std::vector<std::filesystem::path> upwards;
  for (std::filesystem::path at = whole; !at.empty(); at = at.parent_path()) {
    struct stat status{};
    if (::stat(at.c_str(), &status) != 0 || status.st_dev != last.st_dev) break;
    upwards.push_back(at);
    if (at == at.root_path()) break;
  }
  for (auto at = upwards.rbegin(); at != upwards.rend(); ++at) {
    if (auto checked = check_one(*at, Sticky::suffices); !checked) return checked;
  }
  return {};
}

Result<void> check_pin_directory(const std::string& path) {
  return check_one(path, Sticky::is_no_excuse);
}

Result<void> check_lockable(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return std::unexpected(
      untrusted(fmt::format("others may open {} (mode {:04o}), and could hold the ledger's lock",
                            path, status.st_mode & 07777U),
                fmt::format("forbid it: chmod 0700 {}", path)));
}

std::string how_to_mount_bpffs(const std::string& path) {
  return fmt::format("mount it: mount -t bpf -o mode=0700 bpf {}", path);
}

}  // namespace cgtally::bpf
