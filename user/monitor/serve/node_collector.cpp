// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/node_collector.h"

#include <algorithm>
#include <set>
#include <utility>

#include "adapters/bpf/ledger/pins.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/process.h"

namespace cgtally::monitor {
namespace {

constexpr Nanoseconds kBetweenEndChecks = std::chrono::minutes{1};
// How far back ends are told at the start: those of a restart in between.
constexpr Nanoseconds kEarlierEnds = std::chrono::minutes{10};

}  // namespace

NodeCollector::NodeCollector(NodeOptions options, Monitor& monitor, LiveExtras& extras,
                             NoticeLog& log, Notices& notices)
    : options_(std::move(options)),
      monitor_(monitor),
      extras_(extras),
      log_(log),
      notices_(notices),
      session_(monitor.session()),
      pinned_(session_.cost().only_read),
      figures_(options_.top),
      file_(options_.state_dir, session_, notices),
      bursts_(extras),
      ends_({.bpffs = options_.bpffs,
             .host_root = options_.host_root,
             .account = {},
             .by = Grouping::cgroup,
             .since = kEarlierEnds},
            options_.top, notices),
      keeper_(options_.bpffs),
      started_(sys::now().wall) {}

SharedState NodeCollector::start() {
  if (!pinned_ && !options_.wants_private) {
    notices_.report(
        "no pinned ledger counts this: counters begin at 0 with each run of serve; "
        "cgtally up makes one, and serve must be started after it");
  }
  const Snapshot base = monitor_.tick();
  extras_.start(base);
  const auto name_of = [this](std::uint64_t id) { return session_.name_of(id); };
  const auto interface_name_of = [this](InterfaceKey key) { return session_.interface_name(key); };
  auto opening = serve::opening_samples(base.reading, name_of, interface_name_of);
  if (pinned_) {
    file_.begin(figures_.book(), base);
  } else {
    figures_.book().begin(opening, session_.ledger_summary().since);
  }
  figures_.show(std::move(opening), base.reading.taken);
  checked_ = base.reading.taken.boot;
  return new_state(base);
}

SharedState NodeCollector::tick(std::uint64_t acknowledged) {
  const Snapshot snapshot = monitor_.tick();
  extras_.update(snapshot);
  figures_.book().acknowledge(acknowledged);
  check_ledger(snapshot);
  figures_.add(snapshot.samples, snapshot.reading.taken);
  check_ends(snapshot.reading.taken);
  if (pinned_) file_.keep(figures_.book(), snapshot.reading);
  return new_state(snapshot);
}

void NodeCollector::finish() {
  if (!last_) return;
  extras_.save(last_->taken);
  if (pinned_) file_.save(figures_.book(), *last_);
}

void NodeCollector::check_ledger(const Snapshot& snapshot) {
  if (!last_ || last_->ledger == snapshot.reading.ledger) return;
  figures_.book().begin_again(session_.ledger_summary().since);
}

void NodeCollector::check_ends(const Moment& now) {
  if (now.boot - checked_ < kBetweenEndChecks) return;
  checked_ = now.boot;
  figures_.book().check_ends([this](std::uint64_t id) { return session_.name_of(id).ended; }, now);
}

std::shared_ptr<serve::NodeState> NodeCollector::new_state(const Snapshot& snapshot) {
  auto state = std::make_shared<serve::NodeState>();
  const Moment& taken = snapshot.reading.taken;
  state->version = options_.version;
  state->abi = bpf::kAbiVersion;
  state->host = options_.host;
  state->every = options_.every;
  state->taken = taken;
  state->interval = last_ ? taken.boot - last_->taken.boot : Nanoseconds{};
  state->sequence = ++sequence_;
  state->counting = snapshot.counting;
  const sys::ProcessUse use = sys::process_use();
  state->process = {.cpu = use.cpu, .resident_bytes = use.resident_bytes, .started = started_};
  fill_ledger(*state, snapshot);
  fill_traffic(*state, snapshot);
  fill_tcp(*state, snapshot);
  fill_allowances(*state, snapshot);
  state->credits = extras_.credits();
  std::vector<std::string> names;
  for (const serve::InterfaceFigures& one : state->interfaces) names.push_back(one.line.name);
  bursts_.name_interfaces(names);
  state->bursts = bursts_.figures(session_.window_settings().window, sys::now());
  state->notices = log_.all();
  last_ = snapshot.reading;
  return state;
}

void NodeCollector::fill_ledger(serve::NodeState& state, const Snapshot& snapshot) {
  const Reading& reading = snapshot.reading;
  state.source = pinned_ ? serve::Source::pinned : serve::Source::private_ledger;
  state.ledger.id = reading.ledger;
  state.ledger.summary = session_.ledger_summary();
  if (!pinned_) {
    state.cost = session_.cost();
    state.ledger.map_bytes = state.cost->ledger_bytes;
    return;
  }
  state.keeper = serve::KeeperFacts{};
  if (const auto read = keeper_.read(reading.ledger, reading.taken)) {
    state.keeper = read->keeper;
    state.ledger.map_bytes = read->map_bytes;
  }
  ends_.update(reading.ledger);
  state.ends = ends_.figures();
}

void NodeCollector::fill_traffic(serve::NodeState& state, const Snapshot& snapshot) {
  figures_.fill(state);
  for (serve::InterfaceFigures& one : state.interfaces) {
    one.line.seen = session_.coverage_of(one.line.name);
  }
  if (!snapshot.tcp.updated_at()) return;
  std::map<std::string, TcpSummary> by_account;
  for (const auto& [cgroup, summary] : snapshot.tcp.by_cgroup()) {
    by_account.emplace(session_.name_of(cgroup).path, summary);
  }
  add_connections(state.accounts, by_account, snapshot.tcp_complete);
}

// Of the accounts that have series.
void NodeCollector::fill_tcp(serve::NodeState& state, const Snapshot& snapshot) {
  if (snapshot.tcp_updated) {
    for (const auto& [cgroup, summary] : snapshot.tcp.by_cgroup()) {
      retransmitted_[session_.name_of(cgroup).path] += summary.retransmitted.value;
    }
  }
  std::map<std::string, const ContainerName*> exported;
  for (const serve::AccountSeries& one : state.series.accounts) exported[one.account] = &one.owner;
  for (const AccountLine& line : state.accounts) {
    const auto found = exported.find(line.account);
    if (found == exported.end() || !line.connections) continue;
    state.tcp.push_back({.account = line.account,
                         .owner = *found->second,
                         .connections = *line.connections,
                         .queue_delay = line.queue_delay,
                         .retransmitted = retransmitted_[line.account]});
  }
  std::erase_if(retransmitted_, [&](const auto& one) { return !exported.contains(one.first); });
}

void NodeCollector::fill_allowances(serve::NodeState& state, const Snapshot& snapshot) {
  if (snapshot.allowances) {
    for (const AllowanceStep& step : snapshot.allowances->steps) {
      allowance_totals_[{step.iface, step.counter}] = step.total;
    }
  }
  for (const auto& [key, total] : allowance_totals_) {
    state.allowance_totals.push_back({.iface = key.first, .counter = key.second, .total = total});
  }
  state.allowances = snapshot.counters.summaries();
}

}  // namespace cgtally::monitor
