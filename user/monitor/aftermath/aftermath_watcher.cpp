// SPDX-License-Identifier: Apache-2.0
// Events come first: what is done between two of them is done in steps of some milliseconds.
#include "monitor/aftermath/aftermath_watcher.h"

#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "adapters/netns/netns.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/process.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kProcessesInALook = 256;
constexpr std::size_t kPodsInASample = 32;
// A container's first process joins the pod's netns some time after it came.
constexpr Nanoseconds kLookAfter[] = {20ms, 200ms, 1s, 3s};
constexpr std::size_t kMostLooks = 64;
constexpr Nanoseconds kFullLookEvery = 30s;
constexpr int kRestAfterLook = 100;  // times its CPU time
constexpr Nanoseconds kSampleEvery = 500ms;
constexpr int kRestAfterSampling = 100;  // 1 % of the time
constexpr Nanoseconds kLookOnEvery = 20ms;
constexpr Nanoseconds kLookOnWhenQuiet = 50ms;
constexpr int kRestAfterLookOn = 10;
constexpr Nanoseconds kReadEvery = 100ms;
constexpr int kRestAfterReading = 20;
constexpr Nanoseconds kWriteEvery = 1s;

Nanoseconds clock_now() { return sys::now().boot; }

std::uint64_t netns_of(const std::string& process) {
  struct stat status{};
  return ::stat((process + "/ns/net").c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

struct AftermathWatcher::Parts {
  const bpf::Ledger& ledger;
  bpf::CgroupEvents events;
  bpf::FinalTotalsReader finals;
  std::optional<bpf::LoopbackPrograms> loopback;
  sys::Poller poller;
  sys::Fd wake;
  cgroupfs::HostCgroups cgroups;
  std::string host_root;
};

AftermathWatcher::AftermathWatcher(Parts parts)
    : aftermaths_(parts.ledger.fd("aftermaths")),
      events_(std::move(parts.events)),
      totals_(parts.ledger),
      finals_(std::move(parts.finals)),
      loopback_(std::move(parts.loopback)),
      poller_(std::move(parts.poller)),
      wake_(std::move(parts.wake)),
      cgroups_(std::move(parts.cgroups)),
      census_(parts.host_root),
      pods_(cgroups_) {
  not_pods_.insert(netns_of(census_.directory_of(1)));
  if (const auto own = netns::id_here()) not_pods_.insert(own->inode);
}

Result<std::unique_ptr<AftermathWatcher>> AftermathWatcher::start(const bpf::Ledger& ledger,
                                                                  const std::string& host_root,
                                                                  bool loopback) {
  auto cgroups = cgroupfs::HostCgroups::find(host_root);
  if (!cgroups) return std::unexpected(std::move(cgroups).error());
  auto events = bpf::CgroupEvents::open();
  if (!events) return std::unexpected(std::move(events).error());
  auto finals = bpf::FinalTotalsReader::open(ledger);
  if (!finals) return std::unexpected(std::move(finals).error());
  std::optional<bpf::LoopbackPrograms> programs;
  if (loopback) {
    auto loaded = bpf::LoopbackPrograms::load(ledger);
    if (!loaded) return std::unexpected(std::move(loaded).error());
    programs.emplace(*std::move(loaded));
  }
  auto poller = sys::Poller::open();
  if (!poller) return std::unexpected(std::move(poller).error());
  sys::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return std::unexpected(sys::error_from(errno, "make a descriptor to wait with"));
  std::unique_ptr<AftermathWatcher> watcher(new AftermathWatcher({.ledger = ledger,
                                                                  .events = *std::move(events),
                                                                  .finals = *std::move(finals),
                                                                  .loopback = std::move(programs),
                                                                  .poller = *std::move(poller),
                                                                  .wake = std::move(wake),
                                                                  .cgroups = *std::move(cgroups),
                                                                  .host_root = host_root}));
  AftermathWatcher& it = *watcher;
  for (const int fd : {it.events_.fd(), it.wake_.get()}) {
    if (auto added = it.poller_.add(fd, [] {}); !added) return std::unexpected(added.error());
  }
  sys::raise_descriptor_limit();
  it.aftermaths_.cut_unfinished();
  it.written_ = it.aftermaths_.size();
  it.thread_ = std::jthread([&it](const std::stop_token& stop) { it.run(stop); });
  return watcher;
}

AftermathWatcher::~AftermathWatcher() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
  for (Watch& watch : watches_) {
    watch.observer.cut();
    write(watch, clock_now());
  }
}

void AftermathWatcher::run(const std::stop_token& stop) {
  sys::raise_thread_priority();
  while (!stop.stop_requested()) {
    const Nanoseconds left = std::max(next_due() - clock_now(), 0ns);
    (void)poller_.wait(census_.is_under_way() ? 0ns : left);
    process_events();
    process_due();
  }
}

void AftermathWatcher::process_events() {
  struct Ended {
    std::uint64_t id;
    Nanoseconds when;
  };
  std::vector<Ended> ended;
  events_.drain([&](const bpf::CgroupEvent& event) {
    using Type = bpf::CgroupEvent::Type;
    if (event.type == Type::ended) {
      ended.push_back({.id = event.cgroup_id, .when = event.boot});
    } else if (event.type == Type::begun) {
      if (looks_.size() >= kMostLooks) return;
      for (const Nanoseconds after : kLookAfter) looks_.insert(event.boot + after);
    } else if (event.type == Type::made) {
      pods_.forget_path(event.parent_id ? "" : std::string(event.path));
    }
  });
  for (const Ended& one : ended) note_end(one.id, one.when);
  if (new_watches_) {
    new_watches_ = false;
    read_ledger(clock_now());
    next_look_on_ = {};
  }
}

void AftermathWatcher::note_end(std::uint64_t cgroup_id, Nanoseconds when) {
  Pod* pod = pods_.find_by_member(cgroup_id);
  if (!pod || !pod->members.at(cgroup_id).alive) return;
  PodMember& member = pod->members.at(cgroup_id);
  member.alive = false;
  looks_.insert(when + 100ms);  // a look that has begun before saw it alive
  const std::size_t living = pod->living();
  if (living == 0) {
    finish(*pods_.remove(pod->netns));
    return;
  }
  Watch watch{.keys = {cgroup_id},
              .netns = pod->netns,
              .siblings = {},
              .observer = AftermathObserver(when, pod->netns, static_cast<std::uint32_t>(living),
                                            pod->history),
              .traffic = {},
              .refused_before = named_before(pod->netns, when)};
  // As a rule crun puts the processes of a container into one cgroup below the container's.
  if (member.cgroups.size() == 2) watch.keys.assign(member.cgroups.begin(), member.cgroups.end());
  for (const auto& [id, other] : pod->members) {
    if (other.alive) watch.siblings.insert(id);
  }
  ++pod->watches;
  pod->open_or_close(when);
  const Nanoseconds now = clock_now();
  update(watch, *pod, {.at = now, .counts = pod->read(now), .traffic = std::nullopt});
  watches_.push_back(std::move(watch));
  new_watches_ = true;
}

Nanoseconds AftermathWatcher::next_due() const {
  Nanoseconds next = std::min(next_full_look_, next_sample_);
  if (!looks_.empty()) next = std::min(next, std::max(*looks_.begin(), rest_until_));
  if (!watches_.empty()) next = std::min({next, next_look_on_, next_reading_});
  return next;
}

void AftermathWatcher::process_due() {
  const Nanoseconds now = clock_now();
  if (!watches_.empty() && now >= next_reading_) read_ledger(now);
  if (!watches_.empty() && now >= next_look_on_) look_on(now);
  if (now >= next_sample_) sample(now);
  look_for_pods(now);
}

void AftermathWatcher::look_for_pods(Nanoseconds now) {
  if (!census_.is_under_way()) {
    const bool due = !looks_.empty() && now >= std::max(*looks_.begin(), rest_until_);
    full_look_ = now >= next_full_look_;
    if (!due && !full_look_) return;
    looks_.erase(looks_.begin(), looks_.upper_bound(now));
    look_took_ = {};
    census_.begin(full_look_, now, not_pods_);
  }
  const Nanoseconds began = sys::thread_cpu_time();
  const bool ended = census_.step(kProcessesInALook);
  look_took_ += sys::thread_cpu_time() - began;
  if (ended) end_look();
}

void AftermathWatcher::end_look() {
  const Nanoseconds began = sys::thread_cpu_time();
  const bool all = full_look_ || pods_.some_are_lost();
  const auto namespaces = all ? census_.namespaces() : census_.changed_namespaces();
  for (Pod& pod : pods_.update(namespaces, all, census_, clock_now())) finish(std::move(pod));
  follow_loopback();
  const Nanoseconds now = clock_now();
  look_took_ += sys::thread_cpu_time() - began;
  rest_until_ = now + look_took_ * kRestAfterLook;
  if (full_look_) next_full_look_ = now + std::max(kFullLookEvery, look_took_ * 100);
}

// Also finds the pods whose last process has ended unheard, because it had no cgroup of its own.
void AftermathWatcher::sample(Nanoseconds now) {
  const Nanoseconds began = sys::thread_cpu_time();
  auto& pods = pods_.all();
  auto at = sampled_up_to_ ? pods.upper_bound(*sampled_up_to_) : pods.begin();
  if (!sampled_up_to_) sampling_took_ = {};
  for (std::size_t count = 0; at != pods.end() && count < kPodsInASample; ++at) {
    Pod& pod = at->second;
    sampled_up_to_ = at->first;
    if (!pod.counters) continue;
    ++count;
    pod.read(clock_now());
    if (pod.has_process()) continue;
    (void)look_at(pod, false);
    pod.lost = true;
    pod.open_or_close(now);
    looks_.insert(now);
  }
  const Nanoseconds ended = clock_now();
  sampling_took_ += sys::thread_cpu_time() - began;
  if (at != pods.end()) {
    next_sample_ = ended;  // goes on after the events
    return;
  }
  sampled_up_to_.reset();
  if (watches_.empty()) read_named();
  next_sample_ = ended + std::max(kSampleEvery, sampling_took_ * kRestAfterSampling);
}

bool AftermathWatcher::look_at(Pod& pod, bool gone) {
  const Nanoseconds at = clock_now();
  const auto counts = pod.read(at);
  bool lively = false;
  for (Watch& watch : watches_) {
    if (watch.netns != pod.netns) continue;
    update(watch, pod,
           {.at = at, .counts = counts, .traffic = watch.traffic.total(), .gone = gone});
    lively = lively || watch.observer.is_lively(at);
  }
  return lively;
}

// A watched pod that is lost for the moment has no counters to read.
void AftermathWatcher::look_on(Nanoseconds now) {
  const Nanoseconds began = sys::thread_cpu_time();
  Nanoseconds interval = kLookOnWhenQuiet;
  for (auto& [inode, pod] : pods_.all()) {
    if (pod.watches > 0 && look_at(pod, false)) interval = kLookOnEvery;
  }
  drop_finished();
  next_look_on_ = now + std::max(interval, (sys::thread_cpu_time() - began) * kRestAfterLookOn);
}

// One reading for all, because it takes the final totals out of the ring.
void AftermathWatcher::read_ledger(Nanoseconds now, const Pod* gone) {
  const Nanoseconds began = sys::thread_cpu_time();
  const bpf::LedgerReading reading = totals_.read(finals_);
  for (Watch& watch : watches_) {
    const Pod* pod = gone && gone->netns == watch.netns ? gone : pods_.find(watch.netns);
    if (!pod) continue;
    std::set<std::uint64_t> cgroups;
    for (const auto& [id, member] : pod->members) {
      if (watch.siblings.contains(id)) cgroups.insert(member.cgroups.begin(), member.cgroups.end());
    }
    watch.traffic.update(reading, cgroups);
  }
  name_refusals();
  next_reading_ = now + std::max(kReadEvery, (sys::thread_cpu_time() - began) * kRestAfterReading);
}

void AftermathWatcher::update(Watch& watch, const Pod& pod, const PodLook& look) {
  PodLook whole = look;
  whole.successor = std::ranges::any_of(pod.members, [&](const auto& item) {
    return item.second.alive && item.second.found > watch.observer.result().ended;
  });
  watch.observer.update(whole);
  write(watch, look.at);
}

// The pod has gone; its counters can be read for the last time.
void AftermathWatcher::finish(Pod pod) {
  if (loopback_) loopback_->forget(pod.netns);
  if (pod.watches == 0) return;
  read_ledger(clock_now(), &pod);
  (void)look_at(pod, true);
  drop_finished();
}

void AftermathWatcher::follow_loopback() {
  if (!loopback_) return;
  for (auto& [inode, pod] : pods_.all()) {
    if (!pod.counters || loopback_->is_attached(inode) || !pod.has_process()) continue;
    (void)loopback_->attach(inode, pod.witness);  // tried again with the next look
  }
}

void AftermathWatcher::read_named() {
  if (!loopback_) return;
  named_before_ = std::exchange(named_, {.at = clock_now(), .all = loopback_->read()});
}

std::vector<PortRefusals> AftermathWatcher::named_before(std::uint64_t netns,
                                                         Nanoseconds time) const {
  std::vector<PortRefusals> found = named_.at <= time ? named_.all : named_before_.all;
  std::erase_if(found, [netns](const PortRefusals& one) { return one.netns != netns; });
  return found;
}

void AftermathWatcher::name_refusals() {
  if (!loopback_ || watches_.empty()) return;
  read_named();
  for (Watch& watch : watches_) {
    std::vector<PortRefusals> since = named_.all;
    for (PortRefusals& one : since) {
      const auto before = std::ranges::find_if(watch.refused_before, [&](const PortRefusals& was) {
        return was.netns == one.netns && was.port == one.port && was.caller_id == one.caller_id;
      });
      if (before != watch.refused_before.end()) one.count -= std::min(one.count, before->count);
    }
    watch.observer.name(since);
  }
}

// Whenever there is something new, so that a kill loses little.
void AftermathWatcher::write(Watch& watch, Nanoseconds now) {
  const Aftermath& result = watch.observer.result();
  const Aftermath& before = watch.last_written;
  const bool news = watch.written == 0ns || result.state != before.state ||
                    result.refused != before.refused || result.resets != before.resets ||
                    result.aborted != before.aborted || result.named != before.named ||
                    result.traffic != before.traffic;
  if (!news && now - watch.written < kWriteEvery) return;
  if (watch.written == 0ns) {
    if (written_ + watch.keys.size() > bpf::Aftermaths::room() / 8 * 7) {
      aftermaths_.forget_oldest();
      written_ = aftermaths_.size();
    }
    written_ += watch.keys.size();
  }
  for (const std::uint64_t key : watch.keys) (void)aftermaths_.write(key, result);
  watch.written = now;
  watch.last_written = result;
}

void AftermathWatcher::drop_finished() {
  std::erase_if(watches_, [this](const Watch& watch) {
    if (watch.observer.state() == AftermathState::watching) return false;
    if (Pod* pod = pods_.find(watch.netns)) {
      --pod->watches;
      pod->open_or_close(clock_now());
    }
    return true;
  });
}

}  // namespace cgtally::monitor
