// SPDX-License-Identifier: Apache-2.0
#include "adapters/ec2/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "core/base/text.h"

namespace cgtally::ec2 {
namespace {

constexpr std::size_t kMostBytes = 16'384;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLength = "\r\ncontent-length:";

Error service_error(int code) { return sys::error_from(code, "the metadata service"); }
Error not_http() { return {.what = "the metadata service: the answer is not HTTP", .hint = {}}; }

// Returns 0 or an errno; ETIMEDOUT after the deadline.
int wait_for(const sys::Fd& socket, short events, Nanoseconds deadline) {
  for (;;) {
    const Nanoseconds left = deadline - sys::now().boot;
    if (left <= Nanoseconds::zero()) return ETIMEDOUT;
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    pollfd watched{.fd = socket.get(), .events = events, .revents = 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::min<long>(whole, 60'000)));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

Result<sys::Fd> connect_to(const std::string& address, std::uint16_t port, Nanoseconds deadline) {
  sockaddr_in peer{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  if (inet_pton(AF_INET, address.c_str(), &peer.sin_addr) != 1) {
    return std::unexpected(service_error(EINVAL));
  }
  sys::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(service_error(errno));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0) {
    return socket;
  }
  if (errno != EINPROGRESS) return std::unexpected(service_error(errno));
  int code = wait_for(socket, POLLOUT, deadline);
  socklen_t size = sizeof(code);
  if (code == 0 && getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) return std::unexpected(service_error(code));
  return socket;
}

int send_all(const sys::Fd& socket, std::string_view text, Nanoseconds deadline) {
  while (!text.empty()) {
    const ssize_t sent = send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return errno;
    } else if (const int code = wait_for(socket, POLLOUT, deadline); code != 0) {
      return code;
    }
  }
  return 0;
}

std::optional<std::size_t> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::size_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

// A server that sends the length may keep the connection open: then the length ends the answer.
bool tells_its_length(std::string_view text) {
  return lower(text.substr(0, text.find(kHeadEnd))).find(kLength) != std::string::npos;
}

}  // namespace

Result<HttpAnswer> parse_answer(std::string_view text) {
  constexpr std::string_view kVersion = "HTTP/1.";
  const std::size_t end = text.find(kHeadEnd);
  if (end == std::string_view::npos || !text.starts_with(kVersion)) {
    return std::unexpected(not_http());
  }
  const std::string head = lower(text.substr(0, end));
  const auto status =
      number_at(std::string_view(head).substr(std::min(head.find(' '), head.size())));
  if (!status || *status < 100 || *status > 599) return std::unexpected(not_http());
  std::string_view body = text.substr(end + kHeadEnd.size());
  if (const std::size_t at = head.find(kLength); at != std::string::npos) {
    const auto length = number_at(std::string_view(head).substr(at + kLength.size()));
    if (!length || body.size() < *length) return std::unexpected(not_http());
    body = body.substr(0, *length);
  }
  return HttpAnswer{.status = static_cast<int>(*status), .body = std::string(body)};
}

Result<HttpAnswer> exchange(const std::string& address, std::uint16_t port,
                            std::string_view request, Nanoseconds deadline) {
  auto socket = connect_to(address, port, deadline);
  if (!socket) return std::unexpected(std::move(socket).error());
  if (const int code = send_all(*socket, request, deadline); code != 0) {
    return std::unexpected(service_error(code));
  }
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() <= kMostBytes) {
    const ssize_t got = recv(socket->get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return parse_answer(text);
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
      if (auto answer = parse_answer(text); answer && tells_its_length(text)) return answer;
    } else if (errno != EAGAIN && errno != EINTR) {
      return std::unexpected(service_error(errno));
    } else if (const int code = wait_for(*socket, POLLIN, deadline); code != 0) {
      return std::unexpected(service_error(code));
    }
  }
  return std::unexpected(not_http());
}

}  // namespace cgtally::ec2
