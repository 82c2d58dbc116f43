// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/start_session.h"

#include <fmt/core.h>

#include "cli/output/messages.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfSummary = 5;

}  // namespace

monitor::SessionOptions session_options(const CommonOptions& options) {
  monitor::SessionOptions session{.choice = options.choice,
                                  .ledger = {},
                                  .bpffs = options.bpffs,
                                  .private_ledger = options.private_ledger,
                                  .by = options.by};
  session.ledger.slots = options.slots.value_or(session.ledger.slots);
  session.ledger.window = options.window;
  session.ledger.clock_read_bytes = options.clock_read_bytes;
  return session;
}

void say_beginning(const monitor::Session& session, const CommonOptions& options) {
  say(fmt::format("counting {}, every {}", session.describe_interfaces(),
                  format_duration(options.interval)));
}

void say_summary(const monitor::Session& session, const RunTotals& totals,
                 const CommonOptions& options) {
  print_block(totals.lines(session.cost(), options.top.value_or(kTopOfSummary)));
}

}  // namespace cgtally::cli
