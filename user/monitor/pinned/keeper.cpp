// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/keeper.h"

#include <fmt/core.h>
#include <unistd.h>

#include <utility>

#include "adapters/sys/clock.h"
#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTick = 100ms;
constexpr Nanoseconds kCheckEvery = 1s;
constexpr Nanoseconds kReportFoldedEvery = 1min;

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

Result<void> Keeper::tick() {
  const Nanoseconds now = sys::now().boot;
  const bool check = now - last_check_ >= kCheckEvery;
  retirer_->free_slots(now);
  if (check) {
    last_check_ = now;
    bpf::set_kept(programs_.ledger(), now);
    interfaces_.reattach(programs_);
    interfaces_.follow_kernel(programs_);
    (void)record_choice();
    coverage_.sample_devices([this] { return interfaces_.counted_interfaces(programs_); }, now);
  }
  const auto accounts = programs_.read();
  owners_->update(accounts, now);
  if (check) {
    coverage_.evaluate(accounts);
  }
  // Hundreds of short-lived cgroups a second are possible: where slots are scarce, retire at each
  // tick.
  const bpf::SlotUse slots = programs_.slots();
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
