// SPDX-License-Identifier: Apache-2.0
// A network namespace, held open so that it cannot go or be confused with a later one, and a visit
// of the calling thread to it. Who has entered one must not read /sys: it still shows the netns in
// which it was mounted. /proc and open descriptors keep working.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netns {

class Netns {
 public:
  // That of the calling thread.
  static Result<Netns> current();
  // With a slash it is a path, and taken as it is; else a name in <host_root>/run/netns; else, all
  // digits, a process of <host_root>/proc (of /proc, where no proc is mounted below host_root).
  static Result<Netns> open(std::string_view name_pid_or_path, const std::string& host_root);

  // This one: the current one, the one that `name` leads to, or any that a process or a name holds.
  // ENOENT where there is none any more, though its inode may be another's now.
  static Result<Netns> find(const NetnsId& id, const std::string& name,
                            const std::string& host_root);

  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  // As it was asked for; empty for the current one.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  friend class Entered;  // keeps the descriptor of the one to go back to
  Netns(sys::Fd fd, std::uint64_t inode, std::string name)
      : fd_(std::move(fd)), inode_(inode), name_(std::move(name)) {}
  static Result<Netns> find_inode(std::uint64_t inode, const std::string& name,
                                  const std::string& host_root);
  static Result<Netns> open_path(const std::string& path, std::string name, std::string hint);

  sys::Fd fd_;
  std::uint64_t inode_;
  std::string name_;
};

// The calling thread is in the netns for as long as this lives, and then back where it was. If the
// way back fails the process aborts: to go on in the wrong netns would attach to the wrong
// interfaces.
class Entered {
 public:
  // Needs no privilege where the thread already is in that netns.
  static Result<Entered> enter(const Netns& netns);

  Entered(Entered&&) noexcept = default;
  Entered& operator=(Entered&&) = delete;
  ~Entered();

 private:
  explicit Entered(sys::Fd previous) : previous_(std::move(previous)) {}
  sys::Fd previous_;  // empty: nothing to go back to
};

// Of the netns that the calling thread is in.
[[nodiscard]] Result<NetnsId> id_here();

}  // namespace cgtally::netns
