// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/ledger_inspector.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/loading/trial.h"
#include "adapters/bpf/programs/program_cost.h"
#include "adapters/netns/selection.h"
#include "adapters/sys/clock.h"
#include "core/base/glob.h"
#include "core/health/coverage.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/endpoints/endpoint_inspector.h"
#include "monitor/pinned/leftovers.h"
#include "monitor/session/device_snapshot.h"
#include "monitor/session/interface_names.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// Between both samples.
constexpr Nanoseconds kInterval = 1s;

// All that moves while the ledger counts.
struct LedgerSample {
  Moment taken;
  std::vector<AccountTotals> accounts;
  std::map<InterfaceKey, Result<DeviceSnapshot>> devices;
  // Read on the other side of the totals.
  std::map<InterfaceKey, Result<DeviceSnapshot>> outer;
  bpf::ProgramCost cost;
};

struct InterfaceTraffic {
  Traffic all;
  Traffic named;  // on cgroups, not on reasons
};

// On an interface that exists, only accounts of cgroups are retired: what is on (retired) had
// names.
InterfaceTraffic traffic_of(InterfaceKey key, const std::vector<AccountTotals>& accounts) {
  InterfaceTraffic traffic;
  for (const AccountTotals& one : accounts) {
    if (one.iface != key) {
      continue;
    }
    traffic.all += one.totals;
    const AccountKind kind = one.account.kind;
    if (has_cgroup(kind) || kind == AccountKind::retired) {
      traffic.named += one.totals;
    }
  }
  return traffic;
}

std::optional<double> share(Bytes part, Bytes whole) {
  if (whole.value == 0) return std::nullopt;
  return static_cast<double>(part.value) / static_cast<double>(whole.value);
}

CoverageShare share_between(const CoverageReading& first, const CoverageReading& last) {
  Coverage coverage;
  coverage.add(first);
  coverage.add(last);
  return coverage.share();
}

LedgerCondition::State state_of(bpf::LedgerState state) {
  switch (state) {
    case bpf::LedgerState::up:
      return LedgerCondition::State::up;
    case bpf::LedgerState::making:
      return LedgerCondition::State::unfinished;
    default:
      return LedgerCondition::State::down;
  }
}

// Fills in the report on a ledger that is there. inspect_ledger() makes one for each report. Reads
// only: the ledger, the devices and the programs stay as they are.
class LedgerInspector {
 public:
  LedgerInspector(bpf::LedgerView& view, const std::string& host_root)
      : view_(view), host_root_(host_root), allowances_(host_root, unheard_) {
    const std::vector<bpf::InterfaceRecord>& records = view.interfaces();
    names_.add(in_netns(records));
    for (const bpf::InterfaceRecord& record : records) {
      if (record.attached) {
        counted_.push_back(counted_interface(record, names_));
        programs_.insert(record.program_ids.begin(), record.program_ids.end());
      }
    }
  }

  // In the first sample the totals are read before the devices' counters, in the last one after
  // them: whatever a device counts between both is then in the totals, and is not taken for missed.
  // For what may be too much it is the other way round.
  void inspect(LedgerStatusReport& report) {
    (void)view_.read();  // the next one is fast
    auto outer = snapshot_devices(counted_, host_root_);
    LedgerSample first = sample_totals();
    first.outer = std::move(outer);
    first.devices = snapshot_devices(counted_, host_root_);
    add_allowances(first, report);
    const LedgerSample last = counted_.empty() ? first : sample_after(first, report.expense);
    add_allowances(last, report);
    report.allowances = allowances_.allowances().summaries();
    report.without_allowances = allowances_.without();
    report.now = last.taken;
    report.gone = traffic_of(kGoneInterface, last.accounts).all;
    const bpf::LedgerInfo info = view_.facts();
    add_ledger(info, report);
    report.slots = slots_of(last, info.last_kept);
    report.slots.folded = info.folded;
    for (const auto& [function, why] :
         bpf::not_used_by(std::vector(programs_.begin(), programs_.end()))) {
      report.refused_calls.push_back({.function = function, .why = why});
    }
    report.endpoints = inspect_endpoints(view_.ledger(), view_.interfaces(), host_root_);
    const std::vector<bpf::InterfaceRecord>& records = view_.interfaces();
    names_.add(in_netns(records));
    add_awaited(records, report);
    for (const bpf::InterfaceRecord& record : records) {
      report.interfaces.push_back(condition_of(record, first, last));
    }
  }

 private:
  LedgerSample sample_totals() {
    LedgerSample sample;
    sample.taken = sys::now();
    sample.accounts = view_.read().accounts;
    sample.cost = bpf::cost_of(std::vector(programs_.begin(), programs_.end()));
    return sample;
  }

  // Measures what the programs cost meanwhile.
  LedgerSample sample_after(const LedgerSample& first, LedgerExpense& expense) {
    const auto statistics = bpf::run_time_statistics();
    const auto theirs = statistics ? bpf::time_of_statistics() : std::nullopt;
    std::this_thread::sleep_for(kInterval);
    auto devices = snapshot_devices(counted_, host_root_);
    LedgerSample last = sample_totals();
    last.devices = std::move(devices);
    last.outer = snapshot_devices(counted_, host_root_);
    if (!statistics) {
      expense.not_measured = statistics.error().what;
    } else if (last.cost.runs >= first.cost.runs) {
      expense.cost = bpf::counting_cost(
          {.runs = last.cost.runs - first.cost.runs, .time = last.cost.time - first.cost.time},
          theirs, last.taken.boot - first.taken.boot);
    } else {
      expense.not_measured = "programs were replaced meanwhile; run status again";
    }
    return last;
  }

  void add_allowances(const LedgerSample& sample, LedgerStatusReport& report) {
    const Reading reading{.taken = sample.taken, .ledger = {}, .accounts = sample.accounts};
    if (const auto delta = allowances_.update(reading, [this] { return counted_; })) {
      report.allowances_over = delta->interval;
    }
  }

  void add_ledger(const bpf::LedgerInfo& info, LedgerStatusReport& report) const {
    report.ledger = {.state = state_of(info.state), .id = info.id, .made = info.made};
    report.keeper = {.there = info.kept, .pid = info.keeper_pid, .last_active = info.last_kept};
    report.expense.map_bytes = info.bytes;
    report.expense.windows_bytes = info.windows_bytes * counted_.size();
    report.expense.window = info.window;
    report.expense.clock_read_bytes = info.clock_read_bytes;
  }

  // What was chosen and matches nothing that is attached.
  void add_awaited(const std::vector<bpf::InterfaceRecord>& records,
                   LedgerStatusReport& report) const {
    const auto none_attached = [&records](const auto& matches) {
      return std::ranges::none_of(records, [&matches](const bpf::InterfaceRecord& record) {
        return record.attached && matches(record);
      });
    };
    const bpf::LedgerChoice choice = view_.choice();
    for (const bpf::LedgerChoice::Netns& one : choice.netns) {
      if (one.ended) {
        report.ended.push_back(one.text);
      } else if (none_attached([&one](const bpf::InterfaceRecord& record) {
                   return netns::means_label(one.text, record.netns);
                 })) {
        report.awaited.push_back("netns " + one.text);
      }
    }
    for (const std::string& name : choice.interfaces) {
      if (none_attached([&name](const bpf::InterfaceRecord& record) {
            return record.name == name || matches_glob(name, record.name);
          })) {
        report.awaited.push_back("interface " + name);
      }
    }
  }

  // `last_kept`: when a keeper last looked after the ledger, on the boot clock.
  [[nodiscard]] SlotCondition slots_of(const LedgerSample& sample, Nanoseconds last_kept) const {
    const bpf::SlotUse use = view_.slots();
    const bpf::CgroupRegistry registry = view_.registry();
    std::unordered_map<std::uint64_t, Nanoseconds> removed;
    for (const RemovedCgroup& one :
         registry.removed_cgroups().value_or(std::vector<RemovedCgroup>{})) {
      removed.emplace(one.cgroup_id, one.removed);
    }
    SlotCondition slots;
    slots.used = use.used;
    slots.total = use.total;
    slots.names = registry.name_count().value_or(0);
    slots.removals = removed.size();
    slots.missed = view_.missed();
    add_beyond(slots);
    for (const AccountTotals& one : sample.accounts) {
      if (one.account.kind == AccountKind::overflow) {
        slots.overflow += one.totals;
      }
      if (!has_cgroup(one.account.kind)) {
        continue;
      }
      if (const auto found = removed.find(one.account.cgroup_id); found != removed.end()) {
        ++slots.ended;
        slots.unattended += found->second > last_kept ? 1 : 0;
      }
    }
    return slots;
  }

  void add_beyond(SlotCondition& slots) const {
    std::uint64_t most = 0;
    for (const SlotClaims& one : view_.claims().read().value_or(std::vector<SlotClaims>{})) {
      slots.beyond += one.beyond;
      if (one.beyond <= most) continue;
      most = one.beyond;
      slots.most_beyond =
          view_.registry().name_of(one.cgroup_id).value_or(fmt::format("#{}", one.cgroup_id));
    }
  }

  InterfaceCondition condition_of(const bpf::InterfaceRecord& record, const LedgerSample& first,
                                  const LedgerSample& last) const {
    const CountedInterface counted = counted_interface(record, names_);
    const InterfaceTraffic traffic = traffic_of(record.key, last.accounts);
    InterfaceCondition one;
    one.name = counted.name;
    one.since = record.since;
    one.gaps = record.gaps;
    one.gap = record.gap;
    one.displaced = record.displaced;
    one.displaced_for = record.displaced_for;
    one.rx.counted = traffic.all.rx_bytes;
    one.tx.counted = traffic.all.tx_bytes;
    one.rx.named = share(traffic.named.rx_bytes, traffic.all.rx_bytes);
    one.tx.named = share(traffic.named.tx_bytes, traffic.all.tx_bytes);
    if (!record.attached) {
      return one;
    }
    one.hook = record.hook == bpf::HookKind::tcx ? "tcx" : "clsact filter";
    const auto before = first.devices.find(record.key);
    const auto now = last.devices.find(record.key);
    if (before == first.devices.end() || now == last.devices.end()) {
      one.unknown = "attached a moment ago, no data yet; run status again";
      return one;
    }
    if (!now->second) {
      one.unknown = now->second.error().what;
      return one;
    }
    add_device(*now->second, record, one);
    add_shares(record, first, last, one);
    add_hook(counted, bpf::HookDirection::ingress, one.rx, one.unknown);
    add_hook(counted, bpf::HookDirection::egress, one.tx, one.unknown);
    return one;
  }

  static void add_device(const DeviceSnapshot& snapshot, const bpf::InterfaceRecord& record,
                         InterfaceCondition& one) {
    const Step change = step(record.device, snapshot.device.carried);
    if (const auto* advanced = std::get_if<Advanced>(&change)) {
      one.rx.device = advanced->by.rx_bytes;
      one.tx.device = advanced->by.tx_bytes;
    }
    one.queue = {.kind = snapshot.queue.kind,
                 .backlog = snapshot.queue.backlog_bytes,
                 .waiting = snapshot.queue.backlog_packets,
                 .drops = snapshot.queue.drops};
  }

  static CoverageReading reading_of(InterfaceKey key, const LedgerSample& sample,
                                    const DeviceSnapshot& device) {
    return device.beside(traffic_of(key, sample.accounts).all, sample.taken.boot);
  }

  static std::optional<CoverageReading> outer_reading(InterfaceKey key,
                                                      const LedgerSample& sample) {
    const auto found = sample.outer.find(key);
    if (found == sample.outer.end() || !found->second) return std::nullopt;
    return reading_of(key, sample, *found->second);
  }

  static void add_over(const std::optional<CoverageReading>& first,
                       const std::optional<CoverageReading>& last, InterfaceCondition& one) {
    if (!first || !last) return;
    const auto over = over_between(*first, *last);
    if (over.rx) one.rx.over = over.rx;
    if (over.tx) one.tx.over = over.tx;
  }

  static void add_shares(const bpf::InterfaceRecord& record, const LedgerSample& first,
                         const LedgerSample& last, InterfaceCondition& one) {
    const CoverageReading start{.boot = record.since.boot, .device = record.device, .counted = {}};
    const CoverageReading now = reading_of(record.key, last, *last.devices.at(record.key));
    const auto outer = outer_reading(record.key, last);
    const CoverageShare since_attached = share_between(start, now);
    one.rx.seen = since_attached.rx;
    one.tx.seen = since_attached.tx;
    add_over(start, outer, one);
    if (const auto& before = first.devices.at(record.key); before) {
      const CoverageShare lately = share_between(reading_of(record.key, first, *before), now);
      one.rx.now = lately.rx;
      one.tx.now = lately.tx;
      add_over(outer_reading(record.key, first), outer, one);
    }
    for (DirectionCondition* direction : {&one.rx, &one.tx}) {
      if (direction->over) continue;
      for (auto* share : {&direction->seen, &direction->now}) {
        if (is_over(*share)) *share = 1.0;  // it passed between two readings
      }
    }
  }

  void add_hook(const CountedInterface& counted, bpf::HookDirection direction,
                DirectionCondition& one, std::string& unknown) const {
    auto hook = snapshot_hook(counted, direction, host_root_);
    if (!hook) {
      unknown = hook.error().what;
      return;
    }
    one.attached = hook->attached;
    one.before = std::move(hook->before);
  }

  bpf::LedgerView& view_;
  const std::string& host_root_;
  Notices unheard_;  // the report names the interfaces without counters
  AllowanceCollector allowances_;
  InterfaceNames names_;
  std::vector<CountedInterface> counted_;  // at the first sample
  std::set<std::uint32_t> programs_;       // those of `counted_`, which may share them
};

}  // namespace

Result<LedgerStatusReport> inspect_ledger(const std::string& bpffs, const std::string& host_root) {
  const auto pins = bpf::Pins::below(bpffs);
  if (!pins) return std::unexpected(pins.error());
  LedgerStatusReport report;
  report.now = sys::now();
  report.location = pins->directory();
  report.abi = bpf::kAbiVersion;
  report.other_abis = pins->other_abis();
  report.leftovers = find_leftovers();
  if (!pins->is_there()) return report;
  auto view = bpf::LedgerView::open(bpffs);
  if (!view) return std::unexpected(view.error());
  LedgerInspector(*view, host_root).inspect(report);
  return report;
}

}  // namespace cgtally::monitor
