// SPDX-License-Identifier: Apache-2.0
// Runs programs. Harness functions throw if the machine does not do what they need: a test that
// cannot be set up has failed, and gtest shows why.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "adapters/sys/fd.h"

namespace cgtally::harness {

struct Finished {
  int exit_code = 0;  // 128 + signal where a signal ended it
  std::string out;
  std::string err;
};

// A program that runs beside the test; killed with the object if it has not ended.
class Running {
 public:
  explicit Running(const std::vector<std::string>& argv, const std::string& input = "");
  // What it writes goes to `out` instead of into Finished.
  Running(const std::vector<std::string>& argv, const sys::Fd& out);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  [[nodiscard]] pid_t pid() const { return child_; }
  void signal(int number) const;
  [[nodiscard]] std::string said() const;     // stderr so far
  [[nodiscard]] std::string written() const;  // stdout so far
  [[nodiscard]] Finished wait();

 private:
  void start(const std::vector<std::string>& argv, int out);

  sys::Fd in_, out_, err_;
  pid_t child_ = -1;
};

[[nodiscard]] Finished finish(const std::vector<std::string>& argv, const std::string& input = "");
// The same, and throws unless the exit code is 0. Returns what came on stdout.
std::string run(const std::vector<std::string>& argv, const std::string& input = "");

// Throws "what: strerror(errno)" where `ok` does not hold.
void require(bool ok, const std::string& what);

}  // namespace cgtally::harness
