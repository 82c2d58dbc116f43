// SPDX-License-Identifier: Apache-2.0
// The part of HTTP/1.x that a metadata service needs: one short request and one short answer on a
// connection of their own. TLS, redirects and chunked answers are not supported; any other answer
// is an Error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::ec2 {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// An Error if the text is not a complete answer of HTTP/1.x.
[[nodiscard]] Result<HttpAnswer> parse_answer(std::string_view text);

// `deadline` is on the clock of sys::now().boot; the Error after it has the code ETIMEDOUT.
[[nodiscard]] Result<HttpAnswer> exchange(const std::string& address, std::uint16_t port,
                                          std::string_view request, Nanoseconds deadline);

}  // namespace cgtally::ec2
