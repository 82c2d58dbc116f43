// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/ledger_inspector.h"

#include "monitor/pinned/leftovers.h"

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/programs/program_cost.h"
#include "adapters/sys/clock.h"
#include "core/health/coverage.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/session/device_snapshot.h"
#include "monitor/session/interface_names.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWhile = 1s;

// What moves.
struct Sight {
  Moment taken;
  std::map<InterfaceKey, Result<DeviceSnapshot>> devices;
  std::vector<AccountTotals> accounts;
  bpf::ProgramCost cost;
};

struct Booked {
  Traffic all;
  Traffic named;
};

// On an interface that exists only accounts of cgroups are folded: (retired) had names.
Booked booked_on(InterfaceKey key, const std::vector<AccountTotals>& accounts) {
  Booked booked;
  for (const AccountTotals& one : accounts) {
    if (one.iface != key) {
      continue;
    }
    booked.all += one.totals;
    const AccountKind kind = one.account.kind;
    if (kind == AccountKind::cgroup || kind == AccountKind::retired) {
      booked.named += one.totals;
    }
  }
  return booked;
}

std::optional<double> share(Bytes part, Bytes whole) {
  return whole.value == 0
             ? std::nullopt
             : std::optional(static_cast<double>(part.value) / static_cast<double>(whole.value));
}

CoverageShare share_between(const CoverageReading& first, const CoverageReading& last) {
  Coverage coverage;
  coverage.add(first);
  coverage.add(last);
  return coverage.share();
}

LedgerCondition condition_of(const bpf::LedgerInfo& facts) {
  using State = LedgerCondition::State;
  const State state = facts.state == bpf::LedgerState::up       ? State::up
                      : facts.state == bpf::LedgerState::making ? State::unfinished
                                                                : State::down;
  return {.state = state, .id = facts.id, .made = facts.made};
}

class LedgerLook {
 public:
  LedgerLook(bpf::LedgerView& view, const std::string& host_root, LedgerStatusReport& status)
      : view_(view),
        host_root_(host_root),
        status_(status),
        facts_(view.facts()),
        allowances_(host_root) {
    const std::vector<bpf::InterfaceRecord>& records = view.interfaces();
    names_.add(in_netns(records));
    for (const bpf::InterfaceRecord& record : records) {
      if (record.attached) {
        counted_.push_back(counted_interface(record, names_));
        programs_.insert(programs_.end(), record.program_ids.begin(), record.program_ids.end());
      }
    }
  }

  void look() {
    // First the books and then the devices, at the end the other way round: whatever a device
    // counts in between is in the books of that time.
    (void)view_.read();  // the next one is fast
    Sight first = sight_of_books();
    first.devices = look_at_devices(counted_, host_root_);
    look_at_allowances(first);
    const Sight last = counted_.empty() ? first : sight_after(first);
    look_at_allowances(last);
    status_.allowances = allowances_.allowances().summaries();
    status_.without_allowances = allowances_.without();
    status_.now = last.taken;
    status_.ledger = condition_of(facts_);
    facts_ = view_.facts();
    status_.keeper = {
        .there = facts_.kept, .pid = facts_.keeper_pid, .last_looked = facts_.last_kept};
    take_slots(last);
    status_.expense.map_bytes = facts_.bytes;
    status_.expense.windows_bytes = facts_.windows_bytes * counted_.size();
    status_.expense.window = facts_.window;
    status_.expense.clock_read_bytes = facts_.clock_read_bytes;
    const std::vector<bpf::InterfaceRecord>& records = view_.interfaces();
    names_.add(in_netns(records));
    for (const bpf::InterfaceRecord& record : records) {
      status_.interfaces.push_back(interface_of(record, first, last));
    }
    status_.gone = booked_on(kGoneInterface, last.accounts).all;
  }

 private:
  Sight sight_of_books() {
    Sight sight;
    sight.taken = sys::now();
    sight.accounts = view_.read().accounts;
    sight.cost = bpf::cost_of(programs_);
    return sight;
  }

  void look_at_allowances(const Sight& sight) {
    const Reading reading{.taken = sight.taken, .ledger = {}, .accounts = sight.accounts};
    if (const auto look = allowances_.look(reading, [this] { return counted_; })) {
      status_.allowances_over = look->interval;
    }
  }

  Sight sight_after(const Sight& first) {
    const auto statistics = bpf::run_time_statistics();
    std::this_thread::sleep_for(kWhile);
    auto devices = look_at_devices(counted_, host_root_);
    Sight last = sight_of_books();
    last.devices = std::move(devices);
    LedgerExpense& expense = status_.expense;
    if (!statistics) {
      expense.not_measured = statistics.error().what;
    } else if (last.cost.runs >= first.cost.runs) {  // less: a program was replaced meanwhile
      expense.runs = last.cost.runs - first.cost.runs;
      expense.run_time = last.cost.time - first.cost.time;
      expense.measured = last.taken.boot - first.taken.boot;
    } else {
      expense.not_measured = "programs were replaced meanwhile: look again";
    }
    return last;
  }

  void take_slots(const Sight& last) {
    SlotCondition& slots = status_.slots;
    const bpf::SlotUse use = view_.slots();
    slots.used = use.used;
    slots.total = use.total;
    const bpf::CgroupRegistry book = view_.book();
    std::unordered_map<std::uint64_t, Nanoseconds> died;
    for (const RemovedCgroup& death : book.deaths().value_or(std::vector<RemovedCgroup>{})) {
      died.emplace(death.cgroup_id, death.removed);
    }
    for (const AccountTotals& one : last.accounts) {
      if (one.account.kind == AccountKind::overflow) {
        slots.overflow += one.totals;
      }
      const auto death =
          one.account.kind == AccountKind::cgroup ? died.find(one.account.cgroup_id) : died.end();
      if (death != died.end()) {
        ++slots.ended;
        slots.unattended += death->second > facts_.last_kept ? 1 : 0;
      }
    }
    slots.names = book.name_count().value_or(0);
    slots.deaths = died.size();
    slots.missed = view_.missed();
  }

  InterfaceCondition interface_of(const bpf::InterfaceRecord& record, const Sight& first,
                                  const Sight& last) {
    const CountedInterface counted = counted_interface(record, names_);
    const Booked booked = booked_on(record.key, last.accounts);
    InterfaceCondition one{.name = counted.name,
                           .hook = {},
                           .unknown = {},
                           .since = record.since,
                           .gaps = record.gaps,
                           .gap = record.gap,
                           .rx = {},
                           .tx = {},
                           .queue = {}};
    one.rx.booked = booked.all.rx_bytes;
    one.tx.booked = booked.all.tx_bytes;
    one.rx.named = share(booked.named.rx_bytes, booked.all.rx_bytes);
    one.tx.named = share(booked.named.tx_bytes, booked.all.tx_bytes);
    if (!record.attached) {
      return one;
    }
    one.hook = record.hook == bpf::HookKind::tcx ? "tcx" : "clsact filter";
    const auto before = first.devices.find(record.key);
    const auto now = last.devices.find(record.key);
    if (before == first.devices.end() || now == last.devices.end()) {
      one.unknown = "it has just come: look again";
      return one;
    }
    if (!now->second) {
      one.unknown = now->second.error().what;
      return one;
    }
    take_device(one, record, *now->second);
    take_shares(one, record, first, last);
    take_hook(one.rx, counted, bpf::HookDirection::ingress, one.unknown);
    take_hook(one.tx, counted, bpf::HookDirection::egress, one.unknown);
    return one;
  }

  static void take_device(InterfaceCondition& one, const bpf::InterfaceRecord& record,
                          const DeviceSnapshot& look) {
    const Step change = step(record.device, look.device.carried);
    if (const auto* forward = std::get_if<Advanced>(&change)) {
      one.rx.device = forward->by.rx_bytes;
      one.tx.device = forward->by.tx_bytes;
    }
    one.queue = {.kind = look.queue.kind,
                 .backlog = look.queue.backlog_bytes,
                 .waiting = look.queue.backlog_packets,
                 .drops = look.queue.drops};
  }

  static void take_shares(InterfaceCondition& one, const bpf::InterfaceRecord& record,
                          const Sight& first, const Sight& last) {
    const CoverageReading now =
        last.devices.at(record.key)
            ->against(booked_on(record.key, last.accounts).all, last.taken.boot);
    const CoverageShare ever =
        share_between({.boot = record.since.boot, .device = record.device, .booked = {}}, now);
    one.rx.seen = ever.rx;
    one.tx.seen = ever.tx;
    if (const auto& before = first.devices.at(record.key); before) {
      const CoverageShare lately = share_between(
          before->against(booked_on(record.key, first.accounts).all, first.taken.boot), now);
      one.rx.now = lately.rx;
      one.tx.now = lately.tx;
    }
  }

  void take_hook(DirectionCondition& one, const CountedInterface& counted,
                 bpf::HookDirection direction, std::string& unknown) const {
    auto hook = look_at_hook(counted, direction, host_root_);
    if (!hook) {
      unknown = hook.error().what;
      return;
    }
    one.attached = hook->attached;
    one.before = std::move(hook->before);
  }

  bpf::LedgerView& view_;
  const std::string& host_root_;
  LedgerStatusReport& status_;
  bpf::LedgerInfo facts_;
  AllowanceCollector allowances_;
  InterfaceNames names_;
  std::vector<CountedInterface> counted_;
  std::vector<std::uint32_t> programs_;
};

}  // namespace

Result<LedgerStatusReport> inspect_ledger(const std::string& bpffs, const std::string& host_root) {
  const auto pins = bpf::Pins::below(bpffs);
  if (!pins) {
    return std::unexpected(pins.error());
  }
  LedgerStatusReport status{.now = sys::now(),
                            .place = pins->directory(),
                            .abi = bpf::kAbiVersion,
                            .other_abis = pins->other_abis(),
                            .ledger = {},
                            .keeper = {},
                            .slots = {},
                            .expense = {},
                            .interfaces = {},
                            .allowances = {},
                            .allowances_over = {},
                            .without_allowances = {},
                            .gone = {},
                            .leftovers = find_leftovers()};
  if (!pins->is_there()) {
    return status;
  }
  auto view = bpf::LedgerView::open(bpffs);
  if (!view) {
    return std::unexpected(view.error());
  }
  LedgerLook(*view, host_root, status).look();
  return status;
}

}  // namespace cgtally::monitor
