// SPDX-License-Identifier: Apache-2.0
// News come first: a look at the processes is taken in small steps, and the sockets are asked
// between any two of them.
#include "monitor/endpoints/endpoint_watcher.h"

#include <fmt/core.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/process.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kWake = ~std::uint64_t{0};
constexpr std::size_t kProcessesInAStep = 256;
constexpr Nanoseconds kSlowLookEvery = 5s;
constexpr Nanoseconds kReattachEvery = 5s;
constexpr Nanoseconds kKeepEvery = 1s;
constexpr int kShareOfLooks = 30;  // a look is followed by a rest of this many times its CPU time
constexpr int kShareOfSlowLooks = 100;  // 1 % of the time

Nanoseconds boot_now() { return sys::now().boot; }

void ring(const sys::Fd& eventfd) {
  const std::uint64_t one = 1;
  (void)!::write(eventfd.get(), &one, sizeof(one));
}

void silence(const sys::Fd& eventfd) {
  std::uint64_t count = 0;
  (void)!::read(eventfd.get(), &count, sizeof(count));
}

Result<void> listen_to(int epoll, int fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return std::unexpected(sys::error_from(errno, "wait for news of other netns"));
}

}  // namespace

EndpointWatcher::EndpointWatcher(const std::string& host_root, Notices& notices,
                                 sys::Poller& poller, sys::Fd epoll, sys::Fd wake, sys::Fd told)
    : notices_(notices),
      poller_(poller),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      told_(std::move(told)),
      census_(host_root),
      cgroups_(cgroupfs::HostCgroups::find(host_root)) {}

Result<std::unique_ptr<EndpointWatcher>> EndpointWatcher::start(const std::string& host_root,
                                                                Notices& notices,
                                                                sys::Poller& poller) {
  sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  sys::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  sys::Fd told(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake || !told) {
    return std::unexpected(sys::error_from(errno, "make descriptors to wait with"));
  }
  std::unique_ptr<EndpointWatcher> watcher(new EndpointWatcher(
      host_root, notices, poller, std::move(epoll), std::move(wake), std::move(told)));
  if (auto listened = listen_to(watcher->epoll_.get(), watcher->wake_.get(), kWake); !listened) {
    return std::unexpected(listened.error());
  }
  auto added = poller.add(watcher->told_.get(), [at = watcher.get()] { at->deliver_notices(); });
  if (!added) return std::unexpected(added.error());
  watcher->thread_ =
      std::jthread([at = watcher.get()](const std::stop_token& stop) { at->run(stop); });
  return watcher;
}

EndpointWatcher::~EndpointWatcher() {
  thread_.request_stop();
  ring(wake_);
  if (thread_.joinable()) thread_.join();
  (void)poller_.remove(told_.get());
  for (auto& [key, netns] : netns_) netns.stop();
}

void EndpointWatcher::add(std::uint32_t netns_key, Result<bpf::EndpointMaps> maps,
                          std::shared_ptr<bpf::OriginProgram> origin,
                          const std::set<int>& excluded) {
  const std::lock_guard guard(mutex_);
  if (!maps) return note(std::unexpected(std::move(maps).error()));
  auto opened = NetnsEndpoints::open(*std::move(maps), bpf::OriginHooks(std::move(origin)));
  if (!opened) return note(std::unexpected(std::move(opened).error()));
  opened->exclude(excluded);
  NetnsEndpoints& netns = netns_.try_emplace(netns_key, *std::move(opened)).first->second;
  note(netns.start(boot_now()));
  note(listen_to(epoll_.get(), netns.fd(), netns_key));
  ring(wake_);
}

void EndpointWatcher::exclude(std::uint32_t netns_key, const std::set<int>& ifindexes) {
  const std::lock_guard guard(mutex_);
  const auto found = netns_.find(netns_key);
  if (found == netns_.end() || !found->second.exclude(ifindexes)) return;
  found->second.process_news(boot_now());
  ring(wake_);
}

// Closing its socket takes it out of the epoll set.
void EndpointWatcher::remove(std::uint32_t netns_key) {
  const std::lock_guard guard(mutex_);
  const auto found = netns_.find(netns_key);
  if (found == netns_.end()) return;
  found->second.stop();
  netns_.erase(found);
}

bool EndpointWatcher::contains(std::uint32_t netns_key) const {
  const std::lock_guard guard(mutex_);
  return netns_.contains(netns_key);
}

void EndpointWatcher::run(const std::stop_token& stop) {
  sys::raise_thread_priority();
  std::array<epoll_event, 64> events{};
  while (!stop.stop_requested()) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
    for (int i = 0; i < count; ++i) process_ready(events.at(static_cast<std::size_t>(i)).data.u64);
    process_due();
    look_for_owners();
  }
}

void EndpointWatcher::process_ready(std::uint64_t key) {
  if (key == kWake) return silence(wake_);
  const std::lock_guard guard(mutex_);
  const auto found = netns_.find(static_cast<std::uint32_t>(key));
  if (found != netns_.end()) found->second.process_news(boot_now());
}

void EndpointWatcher::process_due() {
  const std::lock_guard guard(mutex_);
  const Nanoseconds now = boot_now();
  for (auto& [key, netns] : netns_) {
    if (const auto due = netns.due(); due && *due <= now) note(netns.process_due(now));
  }
  if (now >= next_keep_) {
    next_keep_ = now + kKeepEvery;
    for (auto& [key, netns] : netns_) netns.keep(now);
  }
  if (now < next_reattach_) return;
  next_reattach_ = now + kReattachEvery;
  for (auto& [key, netns] : netns_) netns.reattach();
}

// The slow look is needed only where there are endpoints.
std::optional<Nanoseconds> EndpointWatcher::next_look() const {
  std::optional<Nanoseconds> next;
  const auto at = [&next](Nanoseconds time) { next = std::min(next.value_or(time), time); };
  for (const auto& [key, netns] : netns_) {
    if (!netns.table().owners.empty()) at(next_slow_look_);
    if (const auto due = netns.owners_due()) at(std::max(*due, rest_until_));
  }
  return next;
}

int EndpointWatcher::wait_ms() const {
  if (census_.is_under_way()) return 0;
  const std::lock_guard guard(mutex_);
  std::optional<Nanoseconds> next = next_look();
  for (const auto& [key, netns] : netns_) {
    if (const auto due = netns.due()) next = std::min(next.value_or(*due), *due);
  }
  if (netns_.empty()) return -1;
  const Nanoseconds wanted = std::min(next.value_or(next_keep_), next_keep_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(wanted - boot_now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void EndpointWatcher::look_for_owners() {
  const Nanoseconds now = boot_now();
  if (!census_.is_under_way()) {
    const std::lock_guard guard(mutex_);
    const auto next = next_look();
    if (!next || *next > now) return;
    // The processes of the host itself are many, and nobody's if it is the only one that is
    // counted.
    std::set<std::uint64_t> uninteresting;
    if (netns_.size() == 1) uninteresting.insert(netns_.begin()->second.inode());
    slow_look_ = now >= next_slow_look_;
    look_began_ = now;
    look_took_ = {};
    census_.begin(slow_look_, now, std::move(uninteresting));
  }
  const Nanoseconds began = sys::thread_cpu_time();
  const bool ended = census_.step(kProcessesInAStep);
  look_took_ += sys::thread_cpu_time() - began;
  if (ended) end_look();
}

void EndpointWatcher::end_look() {
  const std::lock_guard guard(mutex_);
  const Nanoseconds began = sys::thread_cpu_time();
  bool all = slow_look_;
  for (const auto& [key, netns] : netns_) all = all || netns.wants_all_owners();
  if (cgroups_) {
    const auto namespaces = all ? census_.namespaces() : census_.changed_namespaces();
    for (auto& [key, netns] : netns_) {
      note(netns.set_owners(namespaces, all, *cgroups_, look_began_));
    }
  } else {
    note(std::unexpected(cgroups_.error()));
  }
  const Nanoseconds now = boot_now();
  look_took_ += sys::thread_cpu_time() - began;
  rest_until_ = now + look_took_ * kShareOfLooks;
  if (slow_look_) next_slow_look_ = now + std::max(kSlowLookEvery, look_took_ * kShareOfSlowLooks);
}

void EndpointWatcher::note(const Result<void>& done) {
  if (done) return;
  const Error& error = done.error();
  std::string text = fmt::format("naming the traffic of pods: {}", error.what);
  if (!error.hint.empty()) text += fmt::format("; {}", error.hint);
  if (!noted_.insert(text).second) return;
  fresh_notices_.push_back(std::move(text));
  ring(told_);
}

void EndpointWatcher::deliver_notices() {
  silence(told_);
  std::vector<std::string> fresh;
  {
    const std::lock_guard guard(mutex_);
    fresh = std::exchange(fresh_notices_, {});
  }
  for (std::string& notice : fresh) notices_.report(std::move(notice));
}

}  // namespace cgtally::monitor
