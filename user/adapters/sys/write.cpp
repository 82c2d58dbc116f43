// SPDX-License-Identifier: Apache-2.0
// Does not make the descriptor non-blocking, because that would affect each process that shares it.
// Writes PIPE_BUF bytes at most instead: a pipe that polls as writable takes those without
// blocking.
#include "adapters/sys/write.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace cgtally::sys {
namespace {

std::string_view whole_lines_of(std::string_view text) {
  if (text.size() <= PIPE_BUF) return text;
  const std::size_t end = text.rfind('\n', PIPE_BUF - 1);
  return text.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
}

}  // namespace

int write_all(int fd, std::string_view text, const WaitForRoom& wait) {
  while (!text.empty()) {
    if (wait && !wait(fd)) return ECANCELED;
    const std::string_view piece = wait ? whole_lines_of(text) : text;
    const ssize_t written = ::write(fd, piece.data(), piece.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // another process has made it non-blocking
      if (!wait) (void)wait_writable(fd, -1, std::nullopt);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

bool wait_writable(int fd, int or_readable, std::optional<Nanoseconds> limit) {
  std::array<pollfd, 2> ends{{{.fd = fd, .events = POLLOUT, .revents = 0},
                              {.fd = or_readable, .events = POLLIN, .revents = 0}}};
  const auto ms = [](Nanoseconds time) {
    return std::clamp<long>(std::chrono::ceil<std::chrono::milliseconds>(time).count(), 0, INT_MAX);
  };
  ::poll(ends.data(), ends.size(), limit ? static_cast<int>(ms(*limit)) : -1);
  return ends[0].revents != 0;
}

}  // namespace cgtally::sys
