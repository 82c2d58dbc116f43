// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/private_session.h"

#include <utility>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/pins.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"

namespace cgtally::monitor {
namespace {

bool is_up(const std::string& bpffs) {
  const auto pins = bpf::Pins::below(bpffs);
  if (!pins || !pins->exist()) return false;
  const auto view = bpf::LedgerView::open(bpffs);
  return view && view->state() == bpf::LedgerState::up;
}

}  // namespace

PrivateSession::PrivateSession(bpf::PacketPrograms programs, CgroupNames cgroups,
                               InterfaceSet interfaces, const SessionOptions& options,
                               Notices& notices)
    : programs_(std::move(programs)),
      slot_accounts_(programs_.ledger()),
      cgroups_(std::move(cgroups)),
      interfaces_(std::move(interfaces)),
      coverage_(options.choice.host_root, notices),
      ledger_id_(sys::random_id()),
      since_(sys::now()),
      notices_(notices),
      awaited_at_(options.private_ledger || is_up(options.bpffs) ? "" : options.bpffs) {}

PrivateSession::~PrivateSession() { interfaces_.detach_all(programs_); }

// Checks the user's choice first: a wrong name is an error that needs no privilege.
Result<std::unique_ptr<Session>> PrivateSession::start(const SessionOptions& options,
                                                       Notices& notices) {
  auto interfaces = InterfaceSet::open(options.choice, notices);
  if (!interfaces) return std::unexpected(interfaces.error());
  auto cgroups = CgroupNames::find(options.choice.host_root, notices);
  if (!cgroups) return std::unexpected(cgroups.error());
  auto programs = bpf::PacketPrograms::create(options.ledger);
  if (!programs) return std::unexpected(programs.error());
  if (auto started = cgroups->start(); !started) return std::unexpected(started.error());
  std::unique_ptr<PrivateSession> session(new PrivateSession(
      std::move(*programs), std::move(*cgroups), std::move(*interfaces), options, notices));
  if (auto attached = session->interfaces_.attach_all(session->programs_, options.asked_to_end);
      !attached) {
    return std::unexpected(attached.error());
  }
  return session;
}

Result<void> PrivateSession::follow_changes(sys::Poller& poller) {
  if (auto followed = interfaces_.follow_changes(poller, programs_); !followed) return followed;
  return cgroups_.follow_changes(poller);
}

// Measuring costs two clock reads for each packet, so it is done at each 30th reading, until enough
// packets have passed.
void PrivateSession::sample_cost() {
  constexpr std::uint64_t kReadingsBetween = 30;
  constexpr std::uint64_t kEnoughRuns = 10'000;
  if (!runs_before_ && readings_ % kReadingsBetween == 0) {
    runs_before_ = programs_.cost().runs;
    programs_.measure_cost(true);
  } else if (runs_before_ && programs_.cost().runs >= *runs_before_ + kEnoughRuns) {
    runs_before_.reset();
    programs_.measure_cost(false);
  }
  ++readings_;
}

// A ledger that comes up beside this run counts the same packets once more, and its totals last.
void PrivateSession::look_for_ledger(Nanoseconds now) {
  constexpr Nanoseconds kBetween = std::chrono::seconds{5};
  if (awaited_at_.empty() || now < looked_ + kBetween) return;
  looked_ = now;
  if (!is_up(awaited_at_)) return;
  awaited_at_.clear();
  notices_.report(
      "a pinned ledger has come up: this run goes on with private programs, and its totals are its "
      "own; started again, it reads the ledger");
}

Reading PrivateSession::read() {
  cgroups_.process_events();
  interfaces_.reattach(programs_);
  interfaces_.follow_kernel(programs_);
  sample_cost();
  Reading reading;
  coverage_.sample_devices([this] { return counted_interfaces(); }, sys::now().boot);
  reading.taken = sys::now();
  reading.accounts = programs_.read();
  cgroups_.process_creations();
  coverage_.evaluate(reading.accounts);
  first_read_ = first_read_.value_or(reading.taken.boot);
  last_read_ = reading.taken.boot;
  look_for_ledger(reading.taken.boot);
  reading.ledger = ledger_id_;
  reading.attached = interfaces_.attached();
  return reading;
}

LedgerSummary PrivateSession::ledger_summary() const {
  const bpf::SlotUse slots = programs_.slots();
  return {.since = since_, .slots_used = slots.used, .slots_total = slots.total};
}

RunCost PrivateSession::cost() const {
  const CountingCost cost = programs_.cost();
  const bpf::SlotUse slots = programs_.slots();
  return {.duration = last_read_ - first_read_.value_or(last_read_),
          .program_runs = cost.runs,
          .program_time = cost.time,
          .statistics_time = cost.statistics,
          .measured = cost.measured,
          .cpus = cost.cpus,
          .slots_used = slots.used,
          .slots_total = slots.total,
          .ledger_bytes = programs_.ledger_bytes()};
}

}  // namespace cgtally::monitor
