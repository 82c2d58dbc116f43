// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/down.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <memory>

#include "adapters/bpf/programs/detach.h"
#include "adapters/bpf/programs/migration.h"
#include "adapters/netlink/links.h"
#include "adapters/sys/clock.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "monitor/pinned/keeper.h"

namespace cgtally::cli {
namespace {

struct DownOptions {
  bool forget = false;
  std::string bpffs;
  std::string host_root;
};

// Filters that a killed cgtally left in this netns, on a kernel without tcx.
Result<int> remove_leftovers() {
  const auto links = netlink::list_links();
  if (!links) {
    return std::unexpected(links.error());
  }
  int removed = 0;
  for (const Interface& link : *links) {
    if (const auto here = bpf::remove_leftovers(link.ifindex); here) {
      removed += *here;
    }
  }
  return removed;
}

Result<void> forget(const bpf::Pins& pins, const std::string& directory) {
  const auto left = pins.forget(directory);
  if (!left) {
    return std::unexpected(left.error());
  }
  if (!left->empty()) {
    return std::unexpected(Error{.what = left->front() + " is not ours and stays",
                                 .cure = "if nobody needs it: rm " + left->front()});
  }
  return {};
}

// A ledger of another ABI, or one that is not whole: what there is of it may suffice.
Result<void> forget_unread(const bpf::Pins& pins, const std::string& directory,
                           const DownOptions& options) {
  auto known = bpf::OlderLedger::open_remains(directory);
  const auto locked = monitor::stop_keeper(pins, known ? &*known : nullptr);
  if (!locked) {
    return std::unexpected(locked.error());
  }
  if (known) {
    if (auto detached =
            bpf::detach_everything(*known, directory, bpf::find_netns_below(options.host_root));
        !detached) {
      return detached;
    }
    known->close(bpf::LedgerState::forgotten);
  }
  return forget(pins, directory);
}

Result<void> take_down(const bpf::Pins& pins, const DownOptions& options) {
  auto ledger = pins.open(bpf::Access::write);
  if (!ledger) {
    const bool may_go = options.forget && ledger.error().code != EROFS;
    return may_go ? forget_unread(pins, pins.directory(), options)
                  : Result<void>(std::unexpected(ledger.error()));
  }
  const auto locked = monitor::stop_keeper(pins, *ledger);
  if (!locked) {
    return std::unexpected(locked.error());
  }
  if (auto detached = bpf::detach_everything(
          *ledger, pins.directory(), bpf::find_netns_below(options.host_root), sys::now().boot);
      !detached) {
    return detached;
  }
  bpf::set_state(*ledger, options.forget ? bpf::LedgerState::forgotten : bpf::LedgerState::down);
  return options.forget ? forget(pins, pins.directory()) : Result<void>{};
}

// Those of other ABIs can only be forgotten: what their layout is, is not known here.
Result<bool> take_down_all(const bpf::Pins& pins, const DownOptions& options) {
  const bool there = pins.is_there();
  if (there) {
    if (auto taken = take_down(pins, options); !taken) {
      return std::unexpected(taken.error());
    }
  }
  const auto others = pins.other_abis();
  if (!others.empty() && !options.forget && !there) {
    return std::unexpected(Error{
        .what = "a ledger of ABI " + std::to_string(others.back()) +
                " is there, this cgtally has ABI " + std::to_string(bpf::kAbiVersion),
        .cure = "use the cgtally that made it; or, without its totals: cgtally down --forget"});
  }
  if (options.forget) {
    for (const std::uint32_t abi : others) {
      if (auto taken = forget_unread(pins, pins.directory_of(abi), options); !taken) {
        return std::unexpected(taken.error());
      }
    }
    pins.leave_nothing();
  }
  return there || !others.empty();
}

int run_down(const DownOptions& options) {
  const auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) {
    return complain(pins.error());
  }
  const auto any = take_down_all(*pins, options);
  if (!any) {
    return complain(any.error());
  }
  const auto leftovers = remove_leftovers();
  if (!leftovers) {
    return complain(leftovers.error());
  }
  if (*leftovers > 0) {
    say("removed " + std::to_string(*leftovers) + " filters that a killed cgtally had left");
  }
  if (!*any) {
    say("no ledger is up at " + options.bpffs);
  } else {
    say(options.forget ? "the ledger is down and forgotten"
                       : "the ledger is down; its totals are kept: cgtally up goes on with them");
  }
  return number(ExitCode::fine);
}

}  // namespace

void add_down(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<DownOptions>();
  CLI::App* command =
      app.add_subcommand("down", "Detach the pinned ledger; its totals are kept unless --forget");
  command->add_flag("--forget", options->forget, "Remove the totals too");
  add_host_root_option(*command, options->host_root);
  add_bpffs_option(*command, options->bpffs);
  command->callback([options, &run] { run = [options] { return run_down(*options); }; });
}

}  // namespace cgtally::cli
