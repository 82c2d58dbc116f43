// SPDX-License-Identifier: Apache-2.0
// Owns a file descriptor and closes it exactly once. An empty Fd holds -1. Does not convert to int
// implicitly, so that a descriptor is never closed, compared or copied by accident.
#pragma once

#include <unistd.h>

#include <utility>

namespace cgtally::sys {

// The owner of one descriptor, used wherever one is opened. Does not read, write or reopen.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    Fd old(std::exchange(fd_, other.release()));
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  // Gives the descriptor to the caller, who must close it.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace cgtally::sys
