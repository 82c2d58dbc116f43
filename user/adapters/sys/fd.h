// SPDX-License-Identifier: Apache-2.0
// One owner for one file descriptor: closed exactly once, when the owner goes. Empty is -1. Does
// not convert to int by itself, so that it is never closed, compared or copied by accident.
#pragma once

#include <unistd.h>

#include <utility>

namespace cgtally::sys {

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
  // The caller owns it from now on.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace cgtally::sys
