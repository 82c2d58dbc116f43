// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/totals_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/netns/netns.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/totals/retired_accounts.h"
#include "monitor/pinned/ledger_names.h"
#include "monitor/session/interface_names.h"

namespace cgtally::monitor {
namespace {

// Interfaces of the ledger by what the user typed.
class InterfaceFilter {
 public:
  static Result<InterfaceFilter> of(const InterfaceChoice& choice,
                                    const std::vector<bpf::InterfaceRecord>& records) {
    InterfaceFilter filter;
    filter.names_.add(in_netns(records));
    filter.names_.add(kGoneInterface, std::string(kGoneName));
    std::set<std::string> unused(choice.interfaces.begin(), choice.interfaces.end());
    std::set<std::string> unused_netns(choice.netns.begin(), choice.netns.end());
    const auto inodes = inodes_of(choice);
    for (const bpf::InterfaceRecord& record : records) {
      filter.interfaces_.insert(record.key);
      const bool netns =
          choice.netns.empty() || std::ranges::any_of(choice.netns, [&](const std::string& name) {
            const bool here =
                matches_glob(name, record.netns) || inodes.at(name) == record.netns_id.inode;
            if (here) unused_netns.erase(name);
            return here;
          });
      const bool name =
          filter.chosen(choice, record.name, filter.names_.name_of(record.key), unused);
      if (netns && name) filter.shown_.insert(record.key);
    }
    const bool gone = filter.chosen(choice, std::string(kGoneName), std::string(kGoneName), unused);
    if (gone && (choice.netns.empty() || !choice.interfaces.empty())) {
      filter.shown_.insert(kGoneInterface);
    }
    filter.all_ = choice.interfaces.empty() && choice.netns.empty();
    if (!unused.empty()) return std::unexpected(filter.no_such_interface(*unused.begin()));
    if (!unused_netns.empty())
      return std::unexpected(no_such_netns(*unused_netns.begin(), records));
    return filter;
  }

  // Also an interface that is going at this moment, if nothing was chosen.
  [[nodiscard]] bool shows(InterfaceKey key) const { return all_ || shown_.contains(key); }
  [[nodiscard]] std::string name_of(InterfaceKey key) const { return names_.name_of(key); }
  [[nodiscard]] const std::set<InterfaceKey>& interfaces() const { return interfaces_; }

 private:
  // A netns that has gone is found by its name in the ledger alone.
  static std::map<std::string, std::optional<std::uint64_t>> inodes_of(
      const InterfaceChoice& choice) {
    std::map<std::string, std::optional<std::uint64_t>> inodes;
    for (const std::string& name : choice.netns) {
      const auto netns = netns::Netns::open(name, choice.host_root);
      inodes.emplace(name, netns ? std::optional(netns->inode()) : std::nullopt);
    }
    return inodes;
  }
  // Takes the patterns that match out of `unused`.
  static bool chosen(const InterfaceChoice& choice, const std::string& name,
                     const std::string& shown, std::set<std::string>& unused) {
    bool any = choice.interfaces.empty();
    for (const std::string& pattern : choice.interfaces) {
      if (!matches_glob(pattern, name) && !matches_glob(pattern, shown)) continue;
      unused.erase(pattern);
      any = true;
    }
    return any;
  }
  [[nodiscard]] Error no_such_interface(const std::string& name) const {
    std::vector<std::string> known;
    for (const InterfaceKey key : interfaces_) known.push_back(names_.name_of(key));
    known.emplace_back(kGoneName);
    return usage_error(fmt::format("the ledger has no interface {}", name),
                       fmt::format("it has {}", fmt::join(known, ", ")));
  }
  static Error no_such_netns(const std::string& name,
                             const std::vector<bpf::InterfaceRecord>& records) {
    std::set<std::string> known;
    for (const bpf::InterfaceRecord& record : records) {
      known.insert(record.netns.empty() ? "the one that cgtally up ran in" : record.netns);
    }
    return usage_error(fmt::format("the ledger has no interface in netns {}", name),
                       known.empty()
                           ? "it has no interface now; -i '(gone)' has the totals of others"
                           : fmt::format("it has {}", fmt::join(known, ", ")));
  }

  InterfaceNames names_;
  std::set<InterfaceKey> interfaces_;  // of the ledger
  std::set<InterfaceKey> shown_;
  bool all_ = false;
};

Error no_ledger(const bpf::Pins& pins) {
  Error error{.what = fmt::format("no ledger is up at {}", pins.directory()),
              .hint = "pin one, and its totals begin: cgtally up"};
  for (const std::uint32_t abi : pins.other_abis()) {
    error.what += fmt::format(", but one of ABI {}", abi);
    error.hint = abi < bpf::kAbiVersion ? "carry its totals over: cgtally up --migrate"
                                        : "use the cgtally that made it";
  }
  return error;
}

std::vector<SharedAccount> shared_accounts(const bpf::LedgerView& view, LedgerNames& names) {
  std::vector<SharedAccount> shared;
  for (const SlotClaims& one : view.claims().read().value_or(std::vector<SlotClaims>{})) {
    if (one.beyond == 0 || one.cgroup_id == kUnknownSubtree) continue;
    const Account account{.kind = AccountKind::cgroup, .cgroup_id = one.cgroup_id};
    shared.push_back({.account = names.name_of(account).path, .packets = one.beyond});
  }
  std::ranges::sort(shared, std::greater{}, &SharedAccount::packets);
  return shared;
}

}  // namespace

Result<TotalsReport> read_totals(const TotalsChoice& options) {
  const auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) return std::unexpected(pins.error());
  if (!pins->exist()) return std::unexpected(no_ledger(*pins));
  auto view = bpf::LedgerView::open(options.bpffs);
  if (!view) return std::unexpected(view.error());
  const Moment taken = sys::now();
  const auto reading = view->read_with_all_final_totals();
  if (!reading) return std::unexpected(reading.error());
  const auto filter = InterfaceFilter::of(options.choice, view->interfaces());
  if (!filter) return std::unexpected(filter.error());
  LedgerNames names(*view, options.choice.host_root);
  TotalsReport report{.taken = taken,
                      .host = sys::host_name(),
                      .ledger = view->id(),
                      .since = view->made(),
                      .counting = view->state() == bpf::LedgerState::up,
                      .rows = {},
                      .shared = shared_accounts(*view, names)};
  for (const LifetimeTotals& one : lifetime_totals(
           reading->accounts, reading->final_totals, filter->interfaces(),
           [&names](std::uint64_t id) { return names.knows(id); },
           options.by == Grouping::cgroup ? FoldedTotals::stay : FoldedTotals::give_back)) {
    if (!filter->shows(one.iface)) continue;
    const AccountName name = names.name_of(one.account);
    const bool ended = name.ended || one.account.kind == AccountKind::retired;
    report.rows.push_back(
        {.iface = filter->name_of(one.iface),
         .cgroup_id = one.account.kind == AccountKind::cgroup ? one.account.cgroup_id : 0,
         .account = name.path,
         .state = one.retired ? TotalsState::retired
                  : ended     ? TotalsState::exited
                              : TotalsState::live,
         .totals = one.totals,
         .owner = name.owner});
  }
  report.rows = summed_by(options.by, std::move(report.rows));
  arrange(report.rows, options.account);
  return report;
}

}  // namespace cgtally::monitor
