// SPDX-License-Identifier: Apache-2.0
// As much of HTTP as a metadata service needs: one short request, one short answer, then the
// connection is closed. No TLS, no redirects, no chunks; whatever answers otherwise is an Error.
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

// None where it is no whole answer of HTTP/1.x.
[[nodiscard]] Result<HttpAnswer> parse_answer(std::string_view text);

// `deadline` is on the clock of sys::now().boot; ETIMEDOUT is its error.
[[nodiscard]] Result<HttpAnswer> exchange(const std::string& address, std::uint16_t port,
                                          std::string_view request, Nanoseconds deadline);

}  // namespace cgtally::ec2
