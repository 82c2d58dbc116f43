// SPDX-License-Identifier: Apache-2.0
// Who may ask a server for what: the address that it listens on, the names under which it may be
// asked, and the token.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cgtally::serve {

struct ListenAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9435;

  // Only processes of this host (of its network namespace) can connect.
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] std::string url() const;  // "http://127.0.0.1:9435"
};
// "127.0.0.1:9435" "[::1]:9435" "localhost:80" ":9435", which is all addresses, or a port alone.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

// What a request asks for: "/api/v1/accounts?top=5".
struct Target {
  std::string path;
  std::map<std::string, std::string> query;

  // A number in the query; `fallback` without one, empty if it is wrong.
  [[nodiscard]] std::optional<std::uint64_t> number(const std::string& key,
                                                    std::uint64_t fallback) const;
};
// Empty if it is not the path of this server, with %XX where that is allowed.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

// Whether a browser may have meant this server. A foreign page can make its own name lead here (DNS
// rebinding), but then the Host header has that name: only addresses, localhost and `names` pass.
[[nodiscard]] bool host_is_allowed(std::string_view host, const std::vector<std::string>& names);

// Of "Authorization: Bearer TOKEN", or else of the query; empty if there is none.
[[nodiscard]] std::string token_of(std::string_view authorization, const Target& target);
// The token of a line that somebody wrote for it, without blanks at its ends, since no header can
// have these. The Error's text goes on from "the token".
[[nodiscard]] Result<std::string> checked_token(std::string_view line);
// Takes the same time wherever they differ.
[[nodiscard]] bool same_token(std::string_view given, std::string_view wanted);

}  // namespace cgtally::serve
