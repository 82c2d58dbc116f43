// SPDX-License-Identifier: Apache-2.0
// Errors as values: a function that can fail returns Result<T>. An Error says what failed, with the
// kernel's errno, and what the user can do about it. Only the cli prints errors.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace cgtally {

// The kind of an error; the cli turns it into an exit code.
enum class Failure {
  failed,       // exit 1
  usage,        // exit 2: wrong options or arguments
  unsupported,  // exit 3: not permitted, or not supported here
};

struct Error {
  std::string what;  // "attach to eth0: Operation not permitted"
  std::string hint;  // "run it as root, or grant CAP_BPF and CAP_NET_ADMIN"; may be empty
  int code = 0;      // errno; 0: the kernel reported none
  Failure failure = Failure::failed;

  // The same error with the outer context in front: "attach to eth0: " + what.
  [[nodiscard]] Error within(const std::string& context) && {
    what = context + ": " + what;
    return std::move(*this);
  }
};

// An error in what the user typed.
inline Error usage_error(std::string what, std::string hint) {
  return {.what = std::move(what), .hint = std::move(hint), .failure = Failure::usage};
}

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace cgtally
