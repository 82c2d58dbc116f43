// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/take_down.h"

#include <fmt/core.h>

#include <cerrno>

#include "adapters/bpf/programs/detach.h"
#include "adapters/bpf/programs/migration.h"
#include "adapters/sys/clock.h"
#include "core/base/rate_limiter.h"
#include "monitor/pinned/keeper_lock.h"

namespace cgtally::monitor {
namespace {

// Reports the interfaces that are detached, less and less often.
bpf::OnDetached report_to(Notices& notices) {
  const Nanoseconds begun = sys::now().boot;
  return
      [&notices, begun, schedule = BackoffSchedule{}](std::size_t done, std::size_t all) mutable {
        if (done == all || !schedule.due(begun, sys::now().boot - begun)) return;
        notices.report(fmt::format("{} of {} interfaces are detached", done, all));
      };
}

Result<void> forget(const bpf::Pins& pins, const std::string& directory) {
  const auto left = pins.forget(directory);
  if (!left) return std::unexpected(left.error());
  if (!left->empty()) {
    return std::unexpected(Error{.what = fmt::format("{} is not ours and stays", left->front()),
                                 .hint = fmt::format("if nobody needs it: rm {}", left->front())});
  }
  return {};
}

// For a ledger of another ABI, or one that is not whole. Detaches as far as its pins allow.
Result<void> forget_unread(const bpf::Pins& pins, const std::string& directory,
                           const TakeDownOptions& options, Notices& notices) {
  auto known = bpf::OlderLedger::open_remains(directory);
  const auto locked = stop_keeper(pins, known ? &*known : nullptr);
  if (!locked) return std::unexpected(locked.error());
  if (known) {
    if (auto detached = bpf::detach_everything(
            *known, directory, bpf::find_netns_below(options.host_root), report_to(notices));
        !detached) {
      return detached;
    }
    known->close(bpf::LedgerState::forgotten);
  }
  return forget(pins, directory);
}

Result<void> take_down_this_abi(const bpf::Pins& pins, const TakeDownOptions& options,
                                Notices& notices) {
  auto ledger = pins.open(bpf::Access::write);
  if (!ledger) {
    const bool may_go = options.forget && ledger.error().code != EROFS;
    return may_go ? forget_unread(pins, pins.directory(), options, notices)
                  : Result<void>(std::unexpected(ledger.error()));
  }
  const auto locked = stop_keeper(pins, *ledger);
  if (!locked) return std::unexpected(locked.error());
  if (auto detached = bpf::detach_everything(*ledger, pins.directory(),
                                             bpf::find_netns_below(options.host_root),
                                             sys::now().boot, report_to(notices));
      !detached) {
    return detached;
  }
  bpf::set_state(*ledger, options.forget ? bpf::LedgerState::forgotten : bpf::LedgerState::down);
  return options.forget ? forget(pins, pins.directory()) : Result<void>{};
}

}  // namespace

Result<bool> take_down(const TakeDownOptions& options, Notices& notices) {
  const auto below = bpf::Pins::below(options.bpffs);
  if (!below) return std::unexpected(below.error());
  const bpf::Pins& pins = *below;
  const bool there = pins.is_there();
  if (there) {
    if (auto taken = take_down_this_abi(pins, options, notices); !taken) {
      return std::unexpected(taken.error());
    }
  }
  const auto others = pins.other_abis();
  if (!others.empty() && !options.forget && !there) {
    return std::unexpected(Error{
        .what = fmt::format("a ledger of ABI {} is there, this cgtally has ABI {}", others.back(),
                            bpf::kAbiVersion),
        .hint = "use the cgtally that made it; or, without its totals: cgtally down --forget"});
  }
  if (options.forget) {
    for (const std::uint32_t abi : others) {
      if (auto taken = forget_unread(pins, pins.directory_of(abi), options, notices); !taken) {
        return std::unexpected(taken.error());
      }
    }
    pins.leave_nothing();
  }
  return there || !others.empty();
}

}  // namespace cgtally::monitor
