// SPDX-License-Identifier: Apache-2.0
// Files are not kept open: an open file of /proc/net holds its netns.
#include "adapters/netns/tcp_in_use.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

#include "adapters/sys/fd.h"

namespace cgtally::netns {
namespace {

// A sockstat is shorter than this.
std::optional<std::string> beginning_of(const char* path) {
  const sys::Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 1024> text{};
  const ssize_t bytes = ::read(file.get(), text.data(), text.size());
  if (bytes <= 0) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(bytes));
}

}  // namespace

std::optional<std::uint64_t> in_use_of(std::string_view sockstat, std::string_view protocol) {
  const std::string words = fmt::format("{}: inuse ", protocol);
  const auto at = sockstat.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = sockstat.substr(at + words.size());
  std::uint64_t number = 0;
  const auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (code != std::errc{}) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> tcp_in_use() {
  const auto v4 = beginning_of("/proc/thread-self/net/sockstat");
  if (!v4) return std::nullopt;
  const auto sockets = in_use_of(*v4, "TCP");
  if (!sockets) return std::nullopt;
  // There is none without IPv6.
  const auto v6 = beginning_of("/proc/thread-self/net/sockstat6");
  return *sockets + (v6 ? in_use_of(*v6, "TCP6").value_or(0) : 0);
}

}  // namespace cgtally::netns
