// SPDX-License-Identifier: Apache-2.0
// Events carry an id instead of the descriptor: a callback can close a descriptor and open another
// one of the same number while the batch still holds an event for the closed one.
#include "adapters/sys/poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <span>

#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::sys {
namespace {

// Rounds up: a wait that ends early would be repeated with 0, and spin.
int to_milliseconds(Nanoseconds time) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return static_cast<int>(std::clamp<long>(ms, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Result<Poller> Poller::open() {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return std::unexpected(error_from(errno, "open an epoll"));
  return Poller(std::move(epoll));
}

Result<void> Poller::add(int fd, std::function<void()> on_ready, Readiness readiness) {
  const std::uint64_t id = next_id_++;
  const std::uint32_t events = readiness == Readiness::readable ? EPOLLIN : EPOLLPRI;
  epoll_event event{.events = events, .data = {.u64 = id}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return std::unexpected(error_from(errno, "wait for a descriptor"));
  }
  watched_.emplace(id, Watched{.fd = fd, .on_ready = std::move(on_ready)});
  return {};
}

Result<void> Poller::remove(int fd) {
  const auto found =
      std::ranges::find_if(watched_, [fd](const auto& entry) { return entry.second.fd == fd; });
  if (found == watched_.end()) {
    return std::unexpected(error_from(ENOENT, "stop waiting for a descriptor"));
  }
  watched_.erase(found);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) != 0) {
    return std::unexpected(error_from(errno, "stop waiting for a descriptor"));
  }
  return {};
}

Result<bool> Poller::wait(std::optional<Nanoseconds> limit) {
  const std::optional<Nanoseconds> deadline =
      limit ? std::optional(now().boot + *limit) : std::nullopt;
  std::array<epoll_event, 32> events{};
  while (true) {
    const int timeout = deadline ? to_milliseconds(*deadline - now().boot) : -1;
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    if (count < 0 && errno != EINTR) return std::unexpected(error_from(errno, "wait for events"));
    if (count == 0) return false;
    if (count < 0) continue;  // SIGSTOP and SIGCONT
    for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
      dispatch(event.data.u64);
    }
    return true;
  }
}

void Poller::dispatch(std::uint64_t id) {
  const auto found = watched_.find(id);
  if (found == watched_.end()) return;
  const auto on_ready = found->second.on_ready;  // a copy: the callback may remove itself
  on_ready();
}

}  // namespace cgtally::sys
