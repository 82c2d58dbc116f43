// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <memory>
#include <string>

#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "core/base/text.h"
#include "monitor/pinned/ledger_inspector.h"

namespace cgtally::cli {
namespace {

struct StatusOptions {
  std::string bpffs;
  std::string host_root;
};

int run_status(const StatusOptions& options) {
  auto status = monitor::inspect_ledger(options.bpffs, options.host_root);
  if (!status) {
    Error error = std::move(status).error();
    if (error.failure == Failure::unsupported && error.hint.empty()) {
      error.hint = "run cgtally as root, or grant CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN";
    }
    return print_error(error);
  }
  std::string text;
  for (const std::string& line : status_lines(*status))
    text += fmt::format("{}\n", printable(line));
  return print_answer(text);
}

}  // namespace

void add_status(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App& command = add_command(
      app, "status", "Show what the pinned ledger counts, its cost, and the traffic it misses");
  add_host_root_option(command, options->host_root);
  add_bpffs_option(command, options->bpffs);
  on_chosen(command, [options, &run] { run = [options] { return run_status(*options); }; });
}

}  // namespace cgtally::cli
