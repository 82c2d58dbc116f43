// SPDX-License-Identifier: Apache-2.0
// Errors as values. Whatever asks the kernel returns Result<T>; the error says what failed, with
// the errno that the kernel gave (0: none), and what the user can do about it. Only the cli prints
// them.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace cgtally {

// Why the program cannot go on; the cli turns it into an exit code.
enum class Failure {
  failed,       // exit 1
  usage,        // exit 2: what the user asked for cannot be
  unsupported,  // exit 3: not permitted, or not supported here
};

struct Error {
  std::string what;  // "attach to eth0: Operation not permitted"
  std::string hint;  // "run it as root, or grant CAP_BPF and CAP_NET_ADMIN"; may be empty
  int code = 0;      // errno
  Failure failure = Failure::failed;

  // The same error with the outer context in front: "attach to eth0: " + what.
  [[nodiscard]] Error within(const std::string& context) && {
    what = context + ": " + what;
    return std::move(*this);
  }
};

// The user asked for something that cannot be.
inline Error usage_error(std::string what, std::string hint) {
  return {.what = std::move(what), .hint = std::move(hint), .failure = Failure::usage};
}

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace cgtally
