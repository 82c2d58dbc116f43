// SPDX-License-Identifier: Apache-2.0
// Turns an errno into a sentence and a kind of failure; nothing else in the program does.
#include "adapters/sys/error.h"

#include <cerrno>
#include <system_error>

namespace cgtally::sys {

Error error_from(int code, const std::string& what, std::string hint) {
  const bool unsupported = code == EPERM || code == EACCES || code == ENOSYS;
  return Error{.what = what + ": " + std::generic_category().message(code),
               .hint = std::move(hint),
               .code = code,
               .failure = unsupported ? Failure::unsupported : Failure::failed};
}

}  // namespace cgtally::sys
