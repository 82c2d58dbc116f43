// SPDX-License-Identifier: Apache-2.0
// Checks the type of each opened file: a name in /run/netns is an empty file if the mount on it did
// not reach this container.
#include "adapters/netns/netns.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "adapters/sys/directory.h"
#include "adapters/sys/error.h"

namespace cgtally::netns {
namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The host's proc or, if none is mounted below host_root, this container's own.
std::string proc_of(const std::string& host_root) {
  const std::string host_proc = host_root + "/proc";
  return exists(host_proc + "/version") ? host_proc : "/proc";
}

}  // namespace

Result<Netns> Netns::current() { return open_path("/proc/thread-self/ns/net", "", ""); }

Result<Netns> Netns::open(std::string_view name_pid_or_path, const std::string& host_root) {
  const std::string wanted(name_pid_or_path);
  if (wanted.find('/') != std::string::npos) {
    return open_path(wanted, wanted, "give a path such as /run/netns/NAME or /proc/PID/ns/net");
  }
  const std::string names = host_root + "/run/netns";
  const std::string named = fmt::format("{}/{}", names, wanted);
  if (all_digits(wanted) && !exists(named)) {
    return open_path(fmt::format("{}/{}/ns/net", proc_of(host_root), wanted), wanted,
                     "give the id of a running process; in a container, share the host's pid "
                     "namespace");
  }
  if (wanted.empty() || wanted == "." || wanted == "..") {
    return std::unexpected(
        Error{.what = fmt::format("--netns must be a name, a PID or a path, got '{}'", wanted),
              .hint = "'ip netns' lists the names",
              .code = EINVAL,
              .failure = Failure::usage});
  }
  return open_path(
      named, wanted,
      fmt::format("'ip netns' lists the names; in a container, mount the host's {}", names));
}

Result<Netns> Netns::find(const NetnsId& id, const std::string& name,
                          const std::string& host_root) {
  auto found = find_inode(id.inode, name, host_root);
  if (!found || id.cookie == 0) return found;
  const auto entered = Entered::enter(*found);
  if (!entered) return std::unexpected(entered.error());
  const auto there = id_here();
  if (!there) return std::unexpected(there.error());
  if (there->may_be(id)) return found;
  return std::unexpected(
      sys::error_from(ENOENT, fmt::format("find the netns that had inode {}", id.inode)));
}

Result<Netns> Netns::find_inode(std::uint64_t inode, const std::string& name,
                                const std::string& host_root) {
  if (auto here = current(); here && here->inode() == inode) return here;
  if (auto named = open(name, host_root); named && named->inode() == inode) return named;
  for (const auto& entry : sys::entries_of(host_root + "/run/netns")) {
    auto one = open_path(entry, entry.filename(), "");
    if (one && one->inode() == inode) return one;
  }
  for (const auto& entry : sys::entries_of(proc_of(host_root))) {
    struct stat status{};
    const std::string path = fmt::format("{}/ns/net", entry.string());
    if (!all_digits(entry.filename().string()) || stat(path.c_str(), &status) != 0 ||
        status.st_ino != inode) {
      continue;
    }
    return open_path(path, name, "");
  }
  return std::unexpected(
      sys::error_from(ENOENT, fmt::format("find the netns with inode {}", inode)));
}

Result<Netns> Netns::open_path(const std::string& path, std::string name, std::string hint) {
  sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    const int code = errno;
    if (code == EACCES || code == EPERM) {
      hint = "run cgtally as root, or grant CAP_SYS_PTRACE";
    }
    Error error = sys::error_from(code, "open the netns " + path, std::move(hint));
    if (code == ENOENT) {
      error.failure = Failure::usage;
    }
    return std::unexpected(std::move(error));
  }
  struct stat status{};
  if (ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET || fstat(fd.get(), &status) != 0) {
    return std::unexpected(Error{.what = fmt::format("{} is not a network namespace", path),
                                 .hint = "give its NAME (see 'ip netns'), the PID of a process in "
                                         "it, or a path such as /proc/PID/ns/net; in a container, "
                                         "mount /run/netns with propagation (rslave)",
                                 .code = EINVAL,
                                 .failure = Failure::usage});
  }
  return Netns(std::move(fd), status.st_ino, std::move(name));
}

Result<Entered> Entered::enter(const Netns& netns) {
  auto here = Netns::current();
  if (!here) return std::unexpected(std::move(here).error());
  if (here->inode() == netns.inode()) return Entered(sys::Fd());
  if (setns(netns.fd(), CLONE_NEWNET) != 0) {
    return std::unexpected(sys::error_from(errno, fmt::format("enter the netns {}", netns.name()),
                                           "run cgtally as root, or grant CAP_SYS_ADMIN"));
  }
  return Entered(std::move(here->fd_));
}

// By the file system, which all kinds of namespaces share: Netns::open() checks the kind.
bool is_netns(const std::string& path) {
  struct stat own{};
  struct stat there{};
  return stat("/proc/thread-self/ns/net", &own) == 0 && stat(path.c_str(), &there) == 0 &&
         own.st_dev == there.st_dev;
}

Result<NetnsId> id_here() {
  const auto here = Netns::current();
  if (!here) return std::unexpected(here.error());
  NetnsId id{.inode = here->inode(), .cookie = 0};
  socklen_t size = sizeof(id.cookie);
  const sys::Fd any(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (getsockopt(any.get(), SOL_SOCKET, SO_NETNS_COOKIE, &id.cookie, &size) != 0) {
    id.cookie = 0;
  }
  return id;
}

Entered::~Entered() {
  if (!previous_ || setns(previous_.get(), CLONE_NEWNET) == 0) return;
  std::perror("cgtally: cannot return to its own netns, and must not continue in another");
  std::abort();
}

}  // namespace cgtally::netns
