// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/pinned_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/bpf/base/pin_directory.h"
#include "adapters/netns/selection.h"
#include "adapters/sys/clock.h"
#include "core/base/glob.h"
#include "core/containers/cgroup_identity.h"

namespace cgtally::monitor {

// A name may lead to another netns by now, and the ledger may know a netns by another name.
void PinnedSession::Filter::find_netns() {
  inodes.clear();
  for (const std::string& wanted : netns) {
    if (netns::means_several(wanted)) {
      continue;  // the keeper found these by their names, too
    }
    if (const auto found = netns::find_one(wanted, host_root)) {
      inodes.push_back(found->inode);
    }
  }
}

bool PinnedSession::Filter::accepts(const bpf::InterfaceRecord& record) const {
  const bool by_name =
      interfaces.empty() || std::ranges::any_of(interfaces, [&](const std::string& pattern) {
        return matches_glob(pattern, record.name);
      });
  const bool by_inode =
      record.attached && std::ranges::find(inodes, record.netns_id.inode) != inodes.end();
  return by_name &&
         (netns.empty() || by_inode || std::ranges::any_of(netns, [&](const std::string& wanted) {
            return netns::means_label(wanted, record.netns);
          }));
}

// A netns that is not there may be one that the keeper waits for.
Result<PinnedSession::Filter> PinnedSession::filter_of(const InterfaceChoice& choice,
                                                       const bpf::LedgerChoice& counted) {
  Filter filter{
      .interfaces = choice.interfaces, .netns = {}, .host_root = choice.host_root, .inodes = {}};
  for (const std::string& wanted : choice.netns) {
    const bool awaited =
        std::ranges::find(counted.netns, bpf::LedgerChoice::Netns{.text = wanted}) !=
        counted.netns.end();
    if (!awaited && !netns::means_several(wanted)) {
      const auto found = netns::find_one(wanted, choice.host_root);
      if (!found) return std::unexpected(found.error());
    }
    filter.netns.push_back(wanted);
  }
  if (std::ranges::find(choice.netns, netns::kAllNetns) != choice.netns.end()) {
    filter.netns.clear();
  }
  filter.find_netns();
  return filter;
}

// Each name, glob and netns of the choice must be there, or be waited for by the keeper, or the
// user would miss it silently. For `all` the keeper must have been asked for all.
bool PinnedSession::covers(bpf::LedgerView& view, const InterfaceChoice& choice) {
  const bpf::LedgerChoice counted = view.choice();
  const auto any = [&](const InterfaceChoice& part) {
    const auto filter = filter_of(part, counted);
    return filter && std::ranges::any_of(view.interfaces(), [&](const bpf::InterfaceRecord& one) {
             return one.attached && filter->accepts(one);
           });
  };
  const auto asked_for = [&](const std::string& netns) {
    return std::ranges::find(counted.netns, bpf::LedgerChoice::Netns{.text = netns}) !=
           counted.netns.end();
  };
  const bool all_netns = std::ranges::all_of(choice.netns, [&](const std::string& netns) {
    if (netns == netns::kAllNetns) return asked_for(netns);
    return asked_for(netns) || asked_for(netns::kAllNetns) ||
           any({.interfaces = choice.interfaces, .netns = {netns}, .host_root = choice.host_root});
  });
  return all_netns && std::ranges::all_of(choice.interfaces, [&](const std::string& name) {
           return any({.interfaces = {name}, .netns = choice.netns, .host_root = choice.host_root});
         });
}

Result<std::unique_ptr<Session>> PinnedSession::join(const SessionOptions& options,
                                                     Notices& notices) {
  const auto pins = bpf::Pins::below(options.bpffs);
  if (!pins && pins.error().code == bpf::kUntrusted) {
    notices.report(fmt::format("using private programs for this run: {}", pins.error().what));
  }
  if (!pins || !pins->exist()) return nullptr;
  auto view = bpf::LedgerView::open(options.bpffs);
  if (!view) {
    // A user who may not read the ledger may not attach either: that error says what is needed.
    if (view.error().failure != Failure::unsupported) {
      notices.report(fmt::format("using private programs for this run: {}", view.error().what));
    }
    return nullptr;
  }
  if (view->state() != bpf::LedgerState::up) return nullptr;
  auto filter = filter_of(options.choice, view->choice());
  if (!filter) return std::unexpected(filter.error());
  if (!covers(*view, options.choice)) {
    notices.report(
        "the pinned ledger does not cover this selection; using private programs for this run");
    return nullptr;
  }
  auto cgroups = CgroupNames::find(options.choice.host_root, notices);
  if (!cgroups) return std::unexpected(cgroups.error());
  if (auto started = cgroups->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Session>(new PinnedSession(std::move(*view), std::move(*cgroups),
                                                    std::move(*filter), options, notices));
}

PinnedSession::PinnedSession(bpf::LedgerView view, CgroupNames cgroups, Filter filter,
                             const SessionOptions& options, Notices& notices)
    : notices_(notices),
      view_(std::move(view)),
      slot_accounts_(view_.ledger()),
      cgroups_(std::move(cgroups)),
      filter_(std::move(filter)),
      coverage_(options.choice.host_root, notices),
      bpffs_(options.bpffs) {
  update_interfaces();
}

void PinnedSession::update_interfaces() {
  attached_.clear();
  filter_.find_netns();
  const std::vector<bpf::InterfaceRecord>& records = view_.interfaces();
  names_.add(in_netns(records));
  for (const bpf::InterfaceRecord& record : records) {
    // An interface that was renamed is still the one that was chosen.
    if (!filter_.accepts(record) && !shown_.contains(record.key)) {
      continue;
    }
    shown_.insert(record.key);
    if (record.attached) {
      attached_.push_back(record.key);
    }
  }
  if (filter_.accepts_all()) {
    names_.add(kGoneInterface, std::string(kGoneName));
    shown_.insert(kGoneInterface);
  }
}

std::vector<CountedInterface> PinnedSession::counted_interfaces() {
  std::vector<CountedInterface> interfaces;
  for (const bpf::InterfaceRecord& record : view_.interfaces()) {
    if (record.attached && shown_.contains(record.key)) {
      interfaces.push_back(counted_interface(record, names_));
    }
  }
  return interfaces;
}

// True if a new ledger is up in the place of the one that was forgotten or moved.
bool PinnedSession::open_successor() {
  auto successor = bpf::LedgerView::open(bpffs_);
  if (!successor || successor->state() != bpf::LedgerState::up) return false;
  view_ = std::move(*successor);
  slot_accounts_ = bpf::SlotAccounts(view_.ledger());
  names_.clear();
  shown_.clear();
  state_ = bpf::LedgerState::up;
  notices_.report("a new ledger is up: its totals begin at zero");
  return true;
}

void PinnedSession::report_damage() {
  const auto sound = view_.check();
  if (!sound && !damaged_) {
    notices_.report(fmt::format("{}; {}", sound.error().what, sound.error().hint));
  }
  damaged_ = !sound;
}

void PinnedSession::update_state() {
  const bpf::LedgerState state = view_.state();
  const bool gone = state == bpf::LedgerState::forgotten || state == bpf::LedgerState::moved;
  if ((gone && open_successor()) || state == state_) return;
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

void PinnedSession::remove_hidden(Reading& reading) const {
  const auto hidden = [this](const auto& one) { return !shown_.contains(one.iface); };
  std::erase_if(reading.accounts, hidden);
  std::erase_if(reading.final_totals, hidden);
}

Reading PinnedSession::read() {
  cgroups_.process_events();
  update_state();
  report_damage();
  Reading reading;
  coverage_.sample_devices([this] { return counted_interfaces(); }, sys::now().boot);
  reading.taken = sys::now();
  auto totals = view_.read();
  cgroups_.process_creations();
  coverage_.evaluate(totals.accounts);
  reading.accounts = std::move(totals.accounts);
  reading.final_totals = std::move(totals.final_totals);
  reading.lost_final_totals = totals.lost_final_totals;
  update_interfaces();
  remove_hidden(reading);
  if (reading.lost_final_totals > 0) {
    notices_.report(
        fmt::format("the last rows of {} accounts are missing: more of them ended in one interval "
                    "than are kept",
                    reading.lost_final_totals));
  }
  first_read_ = first_read_.value_or(reading.taken.boot);
  last_read_ = reading.taken.boot;
  reading.ledger = view_.id();
  reading.attached = attached_;
  return reading;
}

std::vector<FinalTotals> PinnedSession::earlier_final_totals() {
  auto all = view_.read_with_all_final_totals();
  if (!all) return {};
  std::erase_if(all->final_totals,
                [this](const FinalTotals& one) { return !shown_.contains(one.iface); });
  return std::move(all->final_totals);
}

// Only the ledger knows the name of a cgroup that was removed before this command started.
AccountName PinnedSession::name_of(std::uint64_t cgroup_id) const {
  auto& names = cgroups_.names();
  if (names.path_of(cgroup_id) == nullptr) {
    const bpf::CgroupRegistry registry = view_.registry();
    const auto path =
        registry.name_of(cgroup_id, [&](std::uint64_t id) { return names.path_of(id); });
    if (path) {
      names.learn(cgroup_id, *path, registry.removal_of(cgroup_id).has_value());
    }
  }
  AccountName name = cgroups_.name_of(cgroup_id);
  if (!name.owner.empty()) return name;
  const std::string* known = names.path_of(cgroup_id);
  if (known != nullptr && !may_have_container_name(*known)) return name;
  // The runtime's files may be gone, or may never have been seen by this process.
  if (auto owner = view_.owner_names().find(cgroup_id)) {
    if (known == nullptr && !owner->path.empty()) {
      names.learn(cgroup_id, owner->path, true);
      name = cgroups_.name_of(cgroup_id);
    }
    name.owner = std::move(owner->name);
  }
  return name;
}

std::string PinnedSession::describe_interfaces() const {
  std::vector<std::string> names;
  for (const InterfaceKey key : attached_) {
    names.push_back(interface_name(key));
  }
  return fmt::format("{} (the pinned ledger)", fmt::join(names, ", "));
}

LedgerSummary PinnedSession::ledger_summary() const {
  const bpf::SlotUse slots = view_.slots();
  return {.since = view_.made(), .slots_used = slots.used, .slots_total = slots.total};
}

WindowSettings PinnedSession::window_settings() const {
  const bpf::LedgerInfo info = view_.facts();
  return {.window = info.window, .clock_read_bytes = info.clock_read_bytes};
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
