// SPDX-License-Identifier: Apache-2.0
#include "cli/cmd_down.h"

#include <memory>

#include "adapters/bpf/takedown.h"
#include "adapters/netlink/links.h"
#include "adapters/sys/clock.h"
#include "cli/complain.h"
#include "cli/keeper.h"
#include "cli/options.h"

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
  for (const Link& link : *links) {
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

Result<void> take_down(const bpf::Pins& pins, const DownOptions& options) {
  auto ledger = pins.open(bpf::Access::write);
  if (!ledger) {
    return options.forget ? forget(pins, pins.directory())
                          : Result<void>(std::unexpected(ledger.error()));
  }
  const auto locked = stop_keeper(pins, *ledger);
  if (!locked) {
    return std::unexpected(locked.error());
  }
  const auto find = [&](std::uint64_t inode, const std::string& name) {
    return netns::Netns::find(inode, name, options.host_root);
  };
  if (auto detached = bpf::detach_everything(*ledger, pins.directory(), find, sys::now().boot);
      !detached) {
    return detached;
  }
  bpf::set_state(*ledger, options.forget ? bpf::LedgerState::forgotten : bpf::LedgerState::down);
  return options.forget ? forget(pins, pins.directory()) : Result<void>{};
}

// A ledger of another ABI can only be forgotten: its layout is not known here.
Result<bool> forget_others(const bpf::Pins& pins) {
  bool any = false;
  for (const std::uint32_t abi : pins.other_abis()) {
    if (auto forgotten = forget(pins, pins.directory_of(abi)); !forgotten) {
      return std::unexpected(forgotten.error());
    }
    any = true;
  }
  return any;
}

int run_down(const DownOptions& options) {
  const auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) {
    return complain(pins.error());
  }
  bool any = pins->exist() || pins->is_there();
  if (any) {
    if (auto taken = take_down(*pins, options); !taken) {
      return complain(taken.error());
    }
  }
  if (options.forget) {
    const auto others = forget_others(*pins);
    if (!others) {
      return complain(others.error());
    }
    any |= *others;
  }
  const auto leftovers = remove_leftovers();
  if (!leftovers) {
    return complain(leftovers.error());
  }
  if (*leftovers > 0) {
    say("removed " + std::to_string(*leftovers) + " filters that a killed cgtally had left");
  }
  if (!any) {
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
