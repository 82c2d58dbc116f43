// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/start_session.h"

#include "cli/output/messages.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfSummary = 5;

}  // namespace

Result<std::unique_ptr<Session>> start_counting(const CommonOptions& options, Rounds& rounds) {
  auto session = Session::start({.interfaces = options.interfaces,
                                 .netns = options.netns,
                                 .host_root = options.host_root,
                                 .slots = options.slots.value_or(SessionOptions{}.slots),
                                 .bpffs = options.bpffs,
                                 .private_ledger = options.private_ledger,
                                 .window = options.window,
                                 .gate_bytes = options.gate_bytes});
  if (!session) {
    return session;
  }
  if (auto offered = (*session)->offer_to(rounds.poller()); !offered) {
    return std::unexpected(offered.error());
  }
  return session;
}

void say_beginning(const Session& session, const CommonOptions& options) {
  say("counting " + session.counted() + ", every " + format_duration(options.interval));
}

void say_summary(const Session& session, const RunTotals& totals, const CommonOptions& options) {
  say_below(totals.lines(session.cost(), options.top.value_or(kTopOfSummary)));
}

}  // namespace cgtally::cli
