// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/pinned_session.h"

#include <algorithm>

#include "adapters/netns/netns.h"
#include "adapters/sys/clock.h"
#include "core/base/glob.h"

namespace cgtally::monitor {

bool PinnedSession::Filter::takes(const bpf::InterfaceRecord& record) const {
  const bool by_name =
      interfaces.empty() || std::ranges::any_of(interfaces, [&](const std::string& pattern) {
        return matches_glob(pattern, record.name);
      });
  return by_name &&
         (netns.empty() || std::ranges::find(netns, record.netns_id.inode) != netns.end());
}

Result<PinnedSession::Filter> PinnedSession::filter_of(const SessionOptions& options) {
  Filter filter{.interfaces = options.choice.interfaces, .netns = {}};
  for (const std::string& name : options.choice.netns) {
    const auto netns = netns::Netns::open(name, options.choice.host_root);
    if (!netns) {
      return std::unexpected(netns.error());
    }
    filter.netns.push_back(netns->inode());
  }
  return filter;
}

// Each name, glob and netns that was asked for must be there, or the user would miss it silently.
bool PinnedSession::counts_all_of(const Filter& filter, bpf::LedgerView& view) {
  const auto some = [&](const Filter& part) {
    return std::ranges::any_of(view.interfaces(), [&](const bpf::InterfaceRecord& record) {
      return record.attached && part.takes(record);
    });
  };
  if (filter.takes_all()) {
    return true;
  }
  return some(filter) &&
         std::ranges::all_of(filter.interfaces,
                             [&](const auto& name) {
                               return some({.interfaces = {name}, .netns = filter.netns});
                             }) &&
         std::ranges::all_of(filter.netns, [&](std::uint64_t inode) {
           return some({.interfaces = filter.interfaces, .netns = {inode}});
         });
}

Result<std::unique_ptr<Session>> PinnedSession::join(const SessionOptions& options,
                                                     Notices& notices) {
  const auto pins = bpf::Pins::below(options.bpffs);
  if (!pins || !pins->exist()) {
    return nullptr;
  }
  auto view = bpf::LedgerView::open(options.bpffs);
  if (!view) {
    // Who may not read it may not attach either, and hears of it there.
    if (view.error().failure != Failure::unsupported) {
      notices.report("counting for this run alone: " + view.error().what);
    }
    return nullptr;
  }
  if (view->state() != bpf::LedgerState::up) {
    return nullptr;
  }
  auto filter = filter_of(options);
  if (!filter) {
    return std::unexpected(filter.error());
  }
  if (!counts_all_of(*filter, *view)) {
    notices.report("the ledger that is up does not count all of this: counting for this run alone");
    return nullptr;
  }
  auto cgroups = CgroupNames::find(options.choice.host_root, notices);
  if (!cgroups) {
    return std::unexpected(cgroups.error());
  }
  if (auto begun = cgroups->begin(); !begun) {
    return std::unexpected(begun.error());
  }
  std::unique_ptr<PinnedSession> session(new PinnedSession(std::move(*view), std::move(*cgroups),
                                                           std::move(*filter), options, notices));
  return session;
}

PinnedSession::PinnedSession(bpf::LedgerView view, CgroupNames cgroups, Filter filter,
                             const SessionOptions& options, Notices& notices)
    : notices_(notices),
      view_(std::move(view)),
      owners_(view_.ledger()),
      cgroups_(std::move(cgroups)),
      filter_(std::move(filter)),
      coverage_(options.choice.host_root, notices),
      bpffs_(options.bpffs) {
  name_interfaces();
}

void PinnedSession::name_interfaces() {
  attached_.clear();
  const std::vector<bpf::InterfaceRecord>& records = view_.interfaces();
  names_.add(in_netns(records));
  for (const bpf::InterfaceRecord& record : records) {
    if (!filter_.takes(record)) {
      continue;
    }
    shown_.insert(record.key);
    if (record.attached) {
      attached_.push_back(record.key);
    }
  }
  if (filter_.takes_all()) {
    names_.add(kGoneInterface, std::string(kGoneName));
    shown_.insert(kGoneInterface);
  }
}

std::vector<CountedInterface> PinnedSession::counted_interfaces() {
  std::vector<CountedInterface> interfaces;
  for (const bpf::InterfaceRecord& record : view_.interfaces()) {
    if (record.attached && filter_.takes(record)) {
      interfaces.push_back(counted_interface(record, names_));
    }
  }
  return interfaces;
}

void PinnedSession::look_at_state() {
  const bpf::LedgerState state = view_.state();
  if (state == bpf::LedgerState::forgotten || state == bpf::LedgerState::moved) {
    auto again = bpf::LedgerView::open(bpffs_);
    if (again && again->state() == bpf::LedgerState::up) {
      view_ = std::move(*again);
      owners_ = bpf::SlotAccounts(view_.ledger());
      names_.clear();
      shown_.clear();
      state_ = bpf::LedgerState::up;
      notices_.report("a new ledger is up: its totals begin at zero");
      return;
    }
  }
  if (state == state_) {
    return;
  }
  state_ = state;
  if (state == bpf::LedgerState::up) {
    notices_.report("the ledger is up again: what passed in between was not counted");
  } else if (state == bpf::LedgerState::moved) {
    notices_.report(
        "a newer cgtally has moved the ledger, which this one cannot read: start the newer one");
  } else {
    notices_.report("the ledger was taken down: nothing is counted until it is up again");
  }
}

Reading PinnedSession::read() {
  cgroups_.take_events();
  look_at_state();
  Reading reading;
  coverage_.look([this] { return counted_interfaces(); }, sys::now().boot);
  reading.taken = sys::now();
  auto books = view_.read();
  cgroups_.take_births();
  coverage_.compare(books.accounts);
  reading.accounts = std::move(books.accounts);
  reading.final_totals = std::move(books.final_totals);
  reading.lost_final_totals = books.lost_final_totals;
  name_interfaces();
  const auto hidden = [this](const auto& one) { return !shown_.contains(one.iface); };
  std::erase_if(reading.accounts, hidden);
  std::erase_if(reading.final_totals, hidden);
  if (reading.lost_final_totals > 0) {
    notices_.report("the last rows of " + std::to_string(reading.lost_final_totals) +
                    " accounts are missing: more of them ended in one interval than are kept");
  }
  first_read_ = first_read_.value_or(reading.taken.boot);
  last_read_ = reading.taken.boot;
  reading.ledger = view_.id();
  reading.attached = attached_;
  return reading;
}

// Who died before this command began is known to the ledger alone.
AccountName PinnedSession::name_of(std::uint64_t cgroup_id) const {
  auto& names = cgroups_.names();
  if (!names.path_of(cgroup_id)) {
    const bpf::CgroupRegistry book = view_.registry();
    const auto path = book.name_of(cgroup_id, [&](std::uint64_t id) { return names.path_of(id); });
    if (path) {
      names.learn(cgroup_id, *path, book.removal_of(cgroup_id).has_value());
    }
  }
  return names.name_of(cgroup_id);
}

std::string PinnedSession::counted() const {
  std::string text;
  for (const InterfaceKey key : attached_) {
    text += (text.empty() ? "" : ", ") + interface_name(key);
  }
  return text + " (the ledger that is up)";
}

LedgerSummary PinnedSession::status() const {
  const bpf::SlotUse slots = view_.slots();
  return {.since = view_.made(), .slots_used = slots.used, .slots_total = slots.total};
}

WindowTerms PinnedSession::window_terms() const {
  const bpf::LedgerInfo facts = view_.facts();
  return {.window = facts.window, .clock_read_bytes = facts.clock_read_bytes};
}

RunCost PinnedSession::cost() const {
  const bpf::SlotUse slots = view_.slots();
  return {.duration = last_read_ - first_read_.value_or(last_read_),
          .slots_used = slots.used,
          .slots_total = slots.total,
          .ledger_bytes = view_.facts().bytes,
          .only_read = true};
}

}  // namespace cgtally::monitor
