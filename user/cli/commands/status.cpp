// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/status.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "adapters/bpf/programs/detach.h"
#include "adapters/netlink/links.h"
#include "adapters/sys/clock.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "monitor/pinned/ledger_inspector.h"

namespace cgtally::cli {
namespace {

struct StatusOptions {
  std::string bpffs;
  std::string host_root;
};

// On kernels without tcx: what a killed cgtally hung up stays, in this netns.
std::vector<Leftover> leftovers() {
  std::vector<Leftover> all;
  const auto links = netlink::list_links();
  for (const Interface& link : links ? *links : std::vector<Interface>{}) {
    const auto filters = bpf::find_leftovers(link.ifindex);
    for (const auto& filter : filters ? *filters : std::vector<bpf::DeadFilter>{}) {
      all.push_back(
          {.iface = link.name,
           .direction = filter.direction == bpf::HookDirection::ingress ? "ingress" : "egress",
           .preference = filter.preference});
    }
  }
  return all;
}

Result<LedgerStatusReport> gather(const StatusOptions& options) {
  const auto pins = bpf::Pins::below(options.bpffs);
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
                            .leftovers = leftovers()};
  if (!pins->is_there()) {
    return status;
  }
  auto view = bpf::LedgerView::open(options.bpffs);
  if (!view) {
    return std::unexpected(view.error());
  }
  monitor::look_at_ledger(*view, options.host_root, status);
  return status;
}

int run_status(const StatusOptions& options) {
  auto status = gather(options);
  if (!status) {
    Error error = std::move(status).error();
    if (error.failure == Failure::unsupported && error.cure.empty()) {
      error.cure = "run it as root, or grant CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN";
    }
    return complain(error);
  }
  for (const std::string& line : status_lines(*status)) {
    std::cout << line << '\n';
  }
  std::cout << std::flush;
  return number(ExitCode::fine);
}

}  // namespace

void add_status(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand(
      "status", "What the pinned ledger counts, at what cost, and what it does not see");
  add_host_root_option(*command, options->host_root);
  add_bpffs_option(*command, options->bpffs);
  command->callback([options, &run] { run = [options] { return run_status(*options); }; });
}

}  // namespace cgtally::cli
