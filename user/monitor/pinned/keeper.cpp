// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/keeper.h"

#include <fmt/core.h>
#include <unistd.h>

#include <utility>

#include "adapters/cgroupfs/mount.h"
#include "adapters/sys/clock.h"
#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTick = 100ms;
constexpr Nanoseconds kCheckEvery = 1s;
constexpr Nanoseconds kReportFoldedEvery = 1min;
constexpr std::uint32_t kShortPart = 8;  // slots are short if less than this part is free

}  // namespace

bool Keeper::exists(const bpf::InterfaceRecord& record) const {
  if (const auto exists = interfaces_.exists(record, programs_)) return *exists;
  // A netns that this keeper does not watch: while the netns lives, its interface may.
  return netns::Netns::find(record.netns_id, "", host_root_).has_value();
}

// Again if it changes, because a chosen process ended.
Result<void> Keeper::record_choice() {
  bpf::LedgerChoice choice = interfaces_.choice();
  if (recorded_choice_ == choice) return {};
  auto written = bpf::write_choice(programs_.ledger(), choice);
  if (written) {
    recorded_choice_ = std::move(choice);
  }
  return written;
}

// The lock holds the file system, wherever it is mounted: the ledger lives as long as this keeper.
void Keeper::follow_mount() {
  if (pins_.are_in(lock_)) return;
  auto moved = pins_.move_here(lock_);
  if (moved) {
    lock_ = *std::move(moved);
    unmounted_.clear();
    notices_.report(fmt::format("the BPF file system was mounted anew: the ledger is at {} again",
                                pins_.directory()));
    return;
  }
  const Error& error = moved.error();
  if (error.what == unmounted_) return;
  unmounted_ = error.what;
  notices_.report(
      fmt::format("the ledger's BPF file system was unmounted: counting goes on, and the totals "
                  "last as long as "
                  "this keeper, process {}: {}; {}",
                  getpid(), error.what, error.hint));
}

void Keeper::follow_cgroup2() {
  const bool gone = !cgroup2_.empty() && !cgroupfs::is_cgroup2(cgroup2_);
  if (gone == cgroup2_gone_) return;
  cgroup2_gone_ = gone;
  notices_.report(
      gone ? fmt::format(
                 "cgroup2 was unmounted from {0}: counting goes on, but what is forwarded to "
                 "containers that begin now has no owner; mount it: mount -t cgroup2 "
                 "cgroup2 {0}",
                 cgroup2_)
           : fmt::format("cgroup2 is mounted at {} again", cgroup2_));
}

Result<void> Keeper::tick() {
  const Nanoseconds now = sys::now().boot;
  const bool check = now - last_check_ >= kCheckEvery;
  const bool giving_back = retirer_->is_giving_back();
  retirer_->free_slots(now);
  if (check) {
    last_check_ = now;
    check_hooks(now);
  }
  // Hundreds of interfaces have thousands of slots. Read ten times a second they would cost more
  // than all the rest, so they are read between two checks only if there may be something to do.
  const bool arrived = arrivals_.has_changed();
  if (!check && !arrived && !giving_back && !slots_are_short_) return {};
  return follow_accounts(now, check);
}

void Keeper::check_hooks(Nanoseconds now) {
  follow_mount();
  follow_cgroup2();
  bpf::set_kept(programs_.ledger(), now);
  interfaces_.reattach(programs_);
  interfaces_.follow_kernel(programs_);
  (void)record_choice();
  coverage_.sample_devices([this] { return interfaces_.counted_interfaces(programs_); }, now);
}

Result<void> Keeper::follow_accounts(Nanoseconds now, bool check) {
  if (auto read = sharer_->read_claims(); !read) return read;
  const auto accounts = programs_.read();
  const bpf::SlotUse slots = programs_.slots();
  slots_are_short_ = slots.used > slots.total - slots.total / kShortPart;
  if (auto shared = share_slots(accounts, slots); !shared) return shared;
  owners_->update(accounts, now);
  if (check) {
    coverage_.evaluate(accounts);
    report_beyond(now);
    if (auto found = find_missed_removals(now); !found) return found;
  }
  // Hundreds of short-lived cgroups a second are possible: where slots are scarce, retire at each
  // tick.
  if (auto full = overflow_.update("", accounts, slots.total)) notices_.report(*std::move(full));
  if (!check && slots.used < slots.total / 4) return {};
  auto retired = retirer_->retire_ended(
      accounts, [this](const bpf::InterfaceRecord& record) { return exists(record); }, now);
  if (retired) retired = retirer_->fold_idle(accounts, slots, now);
  retirer_->free_slots(now);
  report_folded(now);
  return retired;
}

void Keeper::report_folded(Nanoseconds now) {
  if (last_folded_report_ != Nanoseconds{} && now - last_folded_report_ < kReportFoldedEvery)
    return;
  const auto folded = retirer_->take_folded();
  if (folded.accounts == 0) return;
  last_folded_report_ = now;
  notices_.report(fmt::format(
      "slots are short: the totals of {} idle accounts are in the (folded) accounts above them, "
      "most in that of {}; for more slots: cgtally down --forget, cgtally up --slots N",
      folded.accounts, printable(folded.most_below)));
}

void Keeper::report_beyond(Nanoseconds now) {
  if (last_beyond_report_ != Nanoseconds{} && now - last_beyond_report_ < kReportFoldedEvery)
    return;
  const std::string most = sharer_->take_most_beyond();
  if (most.empty()) return;
  last_beyond_report_ = now;
  const std::string what =
      most == "/" ? "the slots were used up: packets of further cgroups are in the account /"
                  : fmt::format(
                        "{} has used up its share of the slots: packets of further cgroups "
                        "below it are in its own account",
                        printable(most));
  notices_.report(what + "; for more slots: cgtally down --forget, cgtally up --slots N");
}

void Keeper::watch_aftermaths() {
  auto started = AftermathWatcher::start(programs_.ledger(), host_root_, loopback_);
  if (started) {
    aftermaths_ = *std::move(started);
    return;
  }
  notices_.report(fmt::format("what a pod refuses after a container's end will not be known: {}",
                              started.error().what));
}

Result<void> Keeper::run(EventLoop& loop, const std::function<void()>& begun) {
  bpf::set_keeper(programs_.ledger(), getpid());  // not the process that started: `up` has forked
  if (auto followed = interfaces_.follow_changes(loop.poller(), programs_); !followed) {
    return followed;
  }
  cgroup2_ = cgroupfs::cgroup2_mount(host_root_).value_or("");
  owners_.emplace(programs_.ledger(), host_root_);
  owners_->follow_changes(loop.poller());
  watch_aftermaths();
  begun();
  const auto ran = loop.run(kTick, std::nullopt, [&] {
    if (bpf::asked_to_stop(programs_.ledger())) {
      loop.abandon();
      return;
    }
    const auto ticked = tick();
    if (!ticked && ticked.error().what != reported_error_) {
      notices_.report(ticked.error().what);
    }
    reported_error_ = ticked ? "" : ticked.error().what;
  });
  aftermaths_.reset();
  interfaces_.leave_endpoints();
  bpf::set_keeper(programs_.ledger(), 0);
  return ran;
}

}  // namespace cgtally::monitor
