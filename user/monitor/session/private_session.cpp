// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/private_session.h"

#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"

namespace cgtally::monitor {

PrivateSession::PrivateSession(bpf::PacketPrograms tally, CgroupNames cgroups, InterfaceSet places,
                               std::string host_root, Notices& notices)
    : tally_(std::move(tally)),
      owners_(tally_.ledger()),
      cgroups_(std::move(cgroups)),
      places_(std::move(places)),
      coverage_(std::move(host_root), notices),
      ledger_(sys::random_id()),
      since_(sys::now()) {}

PrivateSession::~PrivateSession() { places_.end(tally_); }

// What the user has asked for is checked first: a wrong name is told without any privilege.
Result<std::unique_ptr<Session>> PrivateSession::start(const SessionOptions& options,
                                                       Notices& notices) {
  auto places = InterfaceSet::open(options.choice, notices);
  if (!places) {
    return std::unexpected(places.error());
  }
  auto cgroups = CgroupNames::find(options.choice.host_root, notices);
  if (!cgroups) {
    return std::unexpected(cgroups.error());
  }
  auto tally = bpf::PacketPrograms::create({.slots = options.slots,
                                            .window = options.window,
                                            .clock_read_bytes = options.clock_read_bytes});
  if (!tally) {
    return std::unexpected(tally.error());
  }
  if (auto begun = cgroups->begin(); !begun) {
    return std::unexpected(begun.error());
  }
  std::unique_ptr<PrivateSession> session(new PrivateSession(std::move(*tally), std::move(*cgroups),
                                                             std::move(*places),
                                                             options.choice.host_root, notices));
  if (auto begun = session->places_.begin(session->tally_); !begun) {
    return std::unexpected(begun.error());
  }
  return session;
}

Result<void> PrivateSession::offer_to(sys::Poller& poller) {
  if (auto offered = places_.offer_to(poller, tally_); !offered) {
    return offered;
  }
  return cgroups_.offer_to(poller);
}

// Two clock reads for each packet are the price of measuring, so it is done now and then, until
// enough packets have come.
void PrivateSession::sample_cost() {
  constexpr std::uint64_t kEvery = 30;
  constexpr std::uint64_t kEnough = 10'000;
  if (!runs_before_ && readings_ % kEvery == 0) {
    runs_before_ = tally_.cost().runs;
    tally_.measure_cost(true);
  } else if (runs_before_ && tally_.cost().runs >= *runs_before_ + kEnough) {
    runs_before_.reset();
    tally_.measure_cost(false);
  }
  ++readings_;
}

Reading PrivateSession::read() {
  cgroups_.take_events();
  places_.let_go_of_ended(tally_);
  places_.reattach(tally_);
  sample_cost();
  Reading reading;
  coverage_.look([this] { return places_.counted_interfaces(tally_); }, sys::now().boot);
  reading.taken = sys::now();
  reading.accounts = tally_.read();
  cgroups_.take_births();
  coverage_.compare(reading.accounts);
  first_read_ = first_read_.value_or(reading.taken.boot);
  last_read_ = reading.taken.boot;
  reading.ledger = ledger_;
  reading.attached = places_.attached();
  return reading;
}

LedgerSummary PrivateSession::status() const {
  const bpf::SlotUse slots = tally_.slots();
  return {.since = since_, .slots_used = slots.used, .slots_total = slots.total};
}

WindowTerms PrivateSession::window_terms() const {
  return {.window = tally_.window(), .clock_read_bytes = tally_.clock_read_bytes()};
}

Result<bpf::Windows> PrivateSession::windows(InterfaceKey key) const { return tally_.windows(key); }

RunCost PrivateSession::cost() const {
  const bpf::ProgramCost cost = tally_.cost();
  const bpf::SlotUse slots = tally_.slots();
  return {.duration = last_read_ - first_read_.value_or(last_read_),
          .program_runs = cost.runs,
          .program_time = cost.time,
          .slots_used = slots.used,
          .slots_total = slots.total,
          .ledger_bytes = tally_.ledger_bytes()};
}

}  // namespace cgtally::monitor
