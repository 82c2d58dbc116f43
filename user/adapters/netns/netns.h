// SPDX-License-Identifier: Apache-2.0
// A network namespace that is held open, and a visit of the calling thread to one. During a visit
// /sys still shows the netns in which it was mounted: do not read it. /proc and descriptors keep
// working.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netns {

// A network namespace by its descriptor, so that it cannot vanish or be confused with a later one
// of the same inode. Used by interface sets, and by everything that works in several namespaces.
// Does not enter the namespace: Entered does.
class Netns {
 public:
  // The calling thread's.
  static Result<Netns> current();
  // A text with a slash is a path, taken as it is. Any other is a name in <host_root>/run/netns or,
  // if it is all digits and no such name exists, the PID of a process in <host_root>/proc (in
  // /proc, if no proc is mounted below host_root).
  static Result<Netns> open(std::string_view name_pid_or_path, const std::string& host_root);

  // Finds the namespace `id` again: the current one, the one called `name`, or any that a process
  // or a name holds. ENOENT: it has ended, even if another namespace has its inode now.
  static Result<Netns> find(const NetnsId& id, const std::string& name,
                            const std::string& host_root);

  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  // As the user wrote it; empty for the current one.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  friend class Entered;  // keeps the descriptor of the namespace to return to
  Netns(sys::Fd fd, std::uint64_t inode, std::string name)
      : fd_(std::move(fd)), inode_(inode), name_(std::move(name)) {}
  static Result<Netns> find_inode(std::uint64_t inode, const std::string& name,
                                  const std::string& host_root);
  static Result<Netns> open_path(const std::string& path, std::string name, std::string hint);

  sys::Fd fd_;
  std::uint64_t inode_;
  std::string name_;
};

// A visit: the calling thread is in the netns for the lifetime of the object, and then back where
// it was. Aborts the process if the thread cannot return, because it would attach to the wrong
// interfaces.
class Entered {
 public:
  // Needs no privilege if the thread already is in that netns.
  static Result<Entered> enter(const Netns& netns);

  Entered(Entered&&) noexcept = default;
  Entered& operator=(Entered&&) = delete;
  ~Entered();

 private:
  explicit Entered(sys::Fd previous) : previous_(std::move(previous)) {}
  sys::Fd previous_;  // empty: the thread stays where it is
};

// Tells whether a network namespace is at `path`, without opening it: a name whose mount has gone,
// or did not reach this container, is an ordinary file.
[[nodiscard]] bool is_netns(const std::string& path);

// The id of the calling thread's netns.
[[nodiscard]] Result<NetnsId> id_here();

}  // namespace cgtally::netns
