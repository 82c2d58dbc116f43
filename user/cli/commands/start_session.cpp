// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/start_session.h"

#include "cli/output/messages.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfSummary = 5;

}  // namespace

Result<std::unique_ptr<monitor::Session>> start_counting(const CommonOptions& options,
                                                         monitor::EventLoop& rounds,
                                                         monitor::Notices& notices) {
  auto session =
      monitor::Session::start({.choice = options.choice,
                               .slots = options.slots.value_or(monitor::SessionOptions{}.slots),
                               .bpffs = options.bpffs,
                               .private_ledger = options.private_ledger,
                               .window = options.window,
                               .clock_read_bytes = options.clock_read_bytes},
                              notices);
  if (!session) {
    return session;
  }
  if (auto offered = (*session)->offer_to(rounds.poller()); !offered) {
    return std::unexpected(offered.error());
  }
  return session;
}

void say_beginning(const monitor::Session& session, const CommonOptions& options) {
  say("counting " + session.counted() + ", every " + format_duration(options.interval));
}

void say_summary(const monitor::Session& session, const RunTotals& totals,
                 const CommonOptions& options) {
  print_block(totals.lines(session.cost(), options.top.value_or(kTopOfSummary)));
}

}  // namespace cgtally::cli
