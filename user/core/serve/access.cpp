// SPDX-License-Identifier: Apache-2.0
#include "core/serve/access.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "core/base/text.h"

namespace cgtally::serve {
namespace {

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number value{};
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// No name of DNS looks like this: its last label would be a number.
bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const auto part = whole_number<unsigned>(text.substr(0, dot));
    constexpr unsigned kMostOfByte = 255;
    if (!part || *part > kMostOfByte) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string_view text) {
  const auto belongs = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  };
  return text.find(':') != std::string_view::npos && std::ranges::all_of(text, belongs);
}

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

// The host and the port of "HOST:PORT", "[V6]:PORT", ":PORT" or "PORT".
struct HostAndPort {
  std::string_view host;
  std::string_view port;
};
HostAndPort split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view port = text.substr(end + 1);
    return {.host = text.substr(1, end - 1), .port = port.substr(port.starts_with(':') ? 1 : 0)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {.host = text, .port = {}};
  return {.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

}  // namespace

bool ListenAddress::is_loopback() const { return address.starts_with("127.") || address == "::1"; }

std::string ListenAddress::url() const {
  const bool v6 = address.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", address, v6 ? "]" : "", port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  HostAndPort parts = split(text);
  const bool alone = !parts.host.empty() && std::ranges::all_of(parts.host, is_digit);
  if (alone && parts.port.empty()) parts = {.host = "127.0.0.1", .port = parts.host};
  if (parts.host.empty() && !parts.port.empty()) parts.host = "0.0.0.0";
  if (parts.host == "localhost") parts.host = "127.0.0.1";
  const auto port = whole_number<std::uint16_t>(parts.port);
  if (!port || (!is_ipv4(parts.host) && !is_ipv6(parts.host))) {
    return std::unexpected(usage_error(fmt::format("'{}' is no address to listen on", text),
                                       "such as 127.0.0.1:9435, [::1]:9435 or 0.0.0.0:9435"));
  }
  return ListenAddress{.address = std::string(parts.host), .port = *port};
}

std::optional<std::uint64_t> Target::number(const std::string& key, std::uint64_t fallback) const {
  const auto found = query.find(key);
  return found == query.end() ? fallback : whole_number<std::uint64_t>(found->second);
}

std::optional<Target> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  const std::size_t mark = text.find('?');
  auto path = percent_decoded(text.substr(0, mark));
  if (!path) return std::nullopt;
  Target target{.path = *std::move(path), .query = {}};
  if (mark == std::string_view::npos) return target;
  text.remove_prefix(mark + 1);
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = pair.find('=');
    auto key = percent_decoded(pair.substr(0, equals));
    auto value = percent_decoded(equals == std::string_view::npos ? std::string_view{}
                                                                  : pair.substr(equals + 1));
    if (!key || !value) return std::nullopt;
    target.query[*std::move(key)] = *std::move(value);
  }
  return target;
}

bool host_is_allowed(std::string_view host, const std::vector<std::string>& names) {
  const std::string name = lower(split(host).host);
  if (name.empty()) return false;
  if (name == "localhost" || is_ipv4(name) || (host.starts_with('[') && is_ipv6(name))) return true;
  return std::ranges::any_of(names, [&](const std::string& one) { return lower(one) == name; });
}

std::string token_of(std::string_view authorization, const Target& target) {
  constexpr std::string_view kBearer = "bearer ";
  if (authorization.size() > kBearer.size() &&
      lower(authorization.substr(0, kBearer.size())) == kBearer) {
    return std::string(authorization.substr(kBearer.size()));
  }
  const auto found = target.query.find("token");
  return found == target.query.end() ? std::string{} : found->second;
}

Result<std::string> checked_token(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  constexpr std::size_t kLeastToken = 16;
  const std::size_t begin = std::min(line.find_first_not_of(kBlanks), line.size());
  line = line.substr(begin, line.find_last_not_of(kBlanks) + 1 - begin);
  const auto refused = [](std::string what) {
    return std::unexpected(
        Error{.what = std::move(what), .hint = "make a better one: openssl rand -hex 32"});
  };
  if (line.size() < kLeastToken) {
    return refused(
        fmt::format("has {} characters; it must have at least {}", line.size(), kLeastToken));
  }
  const auto* const control = std::ranges::find_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
  if (control != line.end()) {
    return refused(fmt::format("has the byte {:#04x}, which no client can send in a header",
                               static_cast<unsigned char>(*control)));
  }
  return std::string(line);
}

bool same_token(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^
                                        static_cast<unsigned char>(other));
  }
  return difference == 0 && !wanted.empty();
}

}  // namespace cgtally::serve
