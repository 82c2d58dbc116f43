// SPDX-License-Identifier: Apache-2.0
// A network namespace of the test's own, named cgt-<pid>-<label>; the object's end removes it. The
// next test process removes those of processes that died.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "adapters/sys/fd.h"

namespace cgtally::harness {

class Netns {
 public:
  explicit Netns(const std::string& label);
  Netns(const Netns&) = delete;
  Netns& operator=(const Netns&) = delete;
  ~Netns();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string path() const { return "/run/netns/" + name_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::uint64_t inode() const;

  // Lines of `ip -batch`, all of them carried out here.
  void ip(const std::string& lines) const;
  // "net.ipv4.ip_forward", "1"
  void sysctl(std::string key, const std::string& value) const;
  [[nodiscard]] int ifindex(const std::string& device) const;
  [[nodiscard]] bool has(const std::string& device) const;
  // A socket that lives here, made by the test process itself.
  [[nodiscard]] sys::Fd socket(int family, int type, int protocol = 0) const;

 private:
  std::string name_;
  sys::Fd fd_;
};

// The calling thread is in the namespace as long as this lives.
class Inside {
 public:
  explicit Inside(const Netns& netns);
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside();

 private:
  sys::Fd before_;
};

template <typename Function>
auto inside(const Netns& netns, Function&& function) {
  const Inside guard(netns);
  return std::forward<Function>(function)();
}

// True if the process that made "cgt-<pid>-..." does not exist any more.
[[nodiscard]] bool is_leftover(const std::string& name);

}  // namespace cgtally::harness
