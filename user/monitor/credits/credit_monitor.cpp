// SPDX-License-Identifier: Apache-2.0
#include "monitor/credits/credit_monitor.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "adapters/csv/recordings.h"
#include "adapters/sys/host.h"
#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/credits/replay.h"
#include "core/replay/replay.h"

namespace cgtally::monitor {
namespace {

constexpr Nanoseconds kSaveEvery = std::chrono::seconds{10};

// Off the cloud the machine's own id does: it must only not be another's.
std::string id_of(const Instance& instance) {
  if (!instance.instance_id.empty()) return instance.instance_id;
  std::string id;
  std::getline(std::ifstream("/etc/machine-id"), id);
  return id.empty() ? sys::host_name() : id;
}

// "t4g.large: baseline 512 Mbit/s", if that would carry `rate` for ever.
std::optional<std::string> larger_type(const Instance& instance, BitRate rate) {
  const InstanceType* own = instance.catalogue.types.find(instance.name);
  const InstanceType* larger =
      own == nullptr ? nullptr : instance.catalogue.types.larger(*own, rate);
  if (larger == nullptr) return std::nullopt;
  return larger->name + ": baseline " + format_bit_rate(larger->baseline);
}

// Boot and wall clock run side by side for as long as a boot lasts, but for small corrections.
bool same_boot(const Moment& a, const Moment& b) {
  const Nanoseconds drift = (a.wall - a.boot) - (b.wall - b.boot);
  return std::chrono::abs(drift) < std::chrono::seconds{5} && b.boot >= a.boot;
}

}  // namespace

InstanceName shown_name(const Instance& instance) {
  const std::string& date = instance.catalogue.date;
  return {.name = instance.name,
          .source = std::string(identity_source_name(instance.source)),
          .remark = instance.figures_told || date.empty() ? "" : "table of " + date};
}

CreditMonitor::CreditMonitor(const CreditOptions& options, Instance instance, std::string host_root,
                             std::size_t most_named, CreditRole role, Notices& notices)
    : instance_(std::move(instance)),
      host_root_(std::move(host_root)),
      notices_(notices),
      most_named_(most_named),
      role_(role),
      file_(options.state_dir, "credits.state"),
      uplinks_(host_root_),
      sampler_(sys::host_name()),
      allowances_(host_root_, notices),
      connections_(host_root_, notices),
      alarms_{.rx = CreditAlarm(options.warn), .tx = CreditAlarm(options.warn)} {}

Result<CreditMonitor> CreditMonitor::begin(const CreditOptions& options, Instance instance,
                                           std::string host_root, Session& session,
                                           const Reading& base, std::size_t most_named,
                                           Notices& notices, CreditRole role) {
  CreditMonitor watch(options, std::move(instance), std::move(host_root), most_named, role,
                      notices);
  if (auto opened = watch.open(options, session, base); !opened) {
    return std::unexpected(std::move(opened).error());
  }
  return watch;
}

Result<void> CreditMonitor::open(const CreditOptions& options, Session& session,
                                 const Reading& base) {
  if (!options.start_from.empty()) {
    if (auto started = start_from(options, base.taken); !started) return started;
  } else {
    start_from_memory(session, base, options.instance.start);
  }
  last_ = base.taken;
  ledger_ = base.ledger;
  booked_ = booked(session, base);
  (void)sampler_.process(
      base, [&](std::uint64_t id) { return session.name_of(id); },
      [&](InterfaceKey key) { return session.interface_name(key); });
  sampler_.commit();
  looked_ = allowances_.look(base, [&] { return charged(session).interfaces; });
  return {};
}

std::optional<SavedCredits> CreditMonitor::remembered() {
  const auto text = file_.read();
  if (!text) {
    notices_.report("what was known of the credits cannot be read: " + text.error().what);
    return std::nullopt;
  }
  if (!*text) return std::nullopt;
  auto memory = parse_saved_credits(**text);
  if (memory) return *std::move(memory);
  if (role_ == CreditRole::bystander) {
    notices_.report(file_.path() + " is of no use (" + memory.error().what +
                    "): the balance is not known");
    return std::nullopt;
  }
  const auto aside = file_.set_aside();
  notices_.report(file_.path() + " is of no use (" + memory.error().what +
                  "): " + (aside ? "kept as " + *aside : aside.error().what) +
                  ", and the balance is not known");
  return std::nullopt;
}

void CreditMonitor::start_from_memory(Session& session, const Reading& base, BucketStart start) {
  const auto memory = remembered();
  if (!memory) {
    credits_.emplace(PerDirection<CreditTerms>{.rx = instance_.terms, .tx = instance_.terms}, start,
                     base.taken);
    return;
  }
  const SaveGap since =
      gap_since(*memory, place(session, base.taken, base.ledger, booked(session, base)));
  if (since.same_boot) {
    credits_.emplace(instance_.terms, *memory, since, base.taken);
    notices_.report("the credits go on as remembered " + format_duration(since.length) +
                    " ago; what went out since is " + since.explanation +
                    (start == BucketStart::unknown
                         ? ""
                         : " (for --start to count, remove " + file_.path() + ")"));
    return;
  }
  if (start == BucketStart::unknown) {
    credits_.emplace(instance_.terms, *memory, since, base.taken);
    notices_.report("the balance is not known: " + since.explanation);
    return;
  }
  PerDirection<CreditTerms> terms;
  for (const Direction direction : kDirections) {
    terms[direction] =
        with_learned(instance_.terms, memory->buckets[direction], since.same_instance);
  }
  credits_.emplace(terms, start, base.taken);
}

// Through the recording, and over the time from its end to now, of which nobody knows.
Result<void> CreditMonitor::start_from(const CreditOptions& options, const Moment& now) {
  Replay rows([](std::string_view) { return true; });
  CreditReplay model(shown_name(instance_), instance_.terms, options.instance.start,
                     Nanoseconds::zero(), {});
  std::set<std::string> left_out;
  const auto take = [&](const Sample& row, const std::string& where) -> Result<void> {
    if (!csv::may_be_uplink(row.iface)) {
      left_out.insert(row.iface);
      return {};
    }
    auto sample = rows.add(row, where);
    if (!sample) return std::unexpected(std::move(sample).error().within(where));
    return model.add(*sample);
  };
  auto read = csv::read_recordings({options.start_from}, take);
  if (!read) return std::unexpected(std::move(read).error().within("--start-from"));
  (void)model.finish();
  if (!model.credits()) {
    return std::unexpected(
        csv::no_match("uplink", {left_out.begin(), left_out.end()}).within("--start-from"));
  }
  credits_ = *model.credits();
  const Moment end = model.last_row()->taken;
  if (same_boot(end, now)) {
    credits_->pause(now, now.boot - end.boot, std::nullopt);
  } else {
    credits_->lose_track(now, "the recording is of another boot");
  }
  return {};
}

Traffic CreditMonitor::booked(Session& session, const Reading& reading) {
  const auto interfaces = charged(session).interfaces;
  Traffic all;
  for (const AccountTotals& one : reading.accounts) {
    if (std::ranges::find(interfaces, one.iface, &CountedInterface::key) != interfaces.end()) {
      all += one.totals;
    }
  }
  return all;
}

CreditIdentity CreditMonitor::place(Session& session, const Moment& now, std::string ledger,
                                    const Traffic& booked) {
  return {.instance = id_of(instance_),
          .type = instance_.name.empty() ? format_bit_rate(instance_.terms.baseline) + " to " +
                                               format_bit_rate(instance_.terms.burst)
                                         : instance_.name,
          .boot = sys::boot_id(),
          .at = now,
          .ledger = std::move(ledger),
          .counted = booked,
          .device = device_totals(charged(session), host_root_)};
}

std::optional<CreditReport> CreditMonitor::take(Session& session, const Reading& reading) {
  looked_.reset();
  if (reading.taken.boot <= last_.boot) return std::nullopt;
  if (role_ == CreditRole::keeper) connections_.look(reading.taken);
  advance(session, reading);
  CreditReport report = this->report(reading.taken);
  for (const Direction direction : kCreditOrder) {
    if (auto due = alarms_[direction].update(report.directions[direction], reading.taken)) {
      notices_.report(*std::move(due));
    }
  }
  if (role_ == CreditRole::keeper &&
      reading.taken.boot - saved_.value_or(Nanoseconds::min() / 2) >= kSaveEvery) {
    save(session, reading.taken);
  }
  return report;
}

void CreditMonitor::advance(Session& session, const Reading& reading) {
  const auto interfaces = charged(session).interfaces;
  auto samples = sampler_.process(
      reading, [&](std::uint64_t id) { return session.name_of(id); },
      [&](InterfaceKey key) { return session.interface_name(key); });
  sampler_.commit();
  std::erase_if(samples, [&](const Sample& sample) {
    return std::ranges::find(interfaces, sample.iface, &CountedInterface::name) == interfaces.end();
  });
  CreditInterval interval{
      .now = reading.taken, .elapsed = reading.taken.boot - last_.boot, .charged = {}};
  for (const Sample& sample : samples) interval.charged += sample.delta;
  looked_ = allowances_.look(reading, [&] { return interfaces; });
  const bool counted = looked_.has_value();
  const auto gain = [&](AllowanceCounter counter) {
    const Allowances& allowances = allowances_.allowances();
    return CounterGain{.there = allowances.has(counter),
                       .gained = counted ? allowances.gained(counter) : std::nullopt};
  };
  interval.counters = {.rx = gain(AllowanceCounter::bw_in), .tx = gain(AllowanceCounter::bw_out)};
  if (session.is_counting()) {
    credits_->advance(interval);
  } else {
    credits_->pause(reading.taken, interval.elapsed, std::nullopt);
  }
  credits_->add_samples(samples, reading.taken);
  last_ = reading.taken;
  ledger_ = reading.ledger;
  booked_ = booked(session, reading);
}

CreditReport CreditMonitor::report(const Moment& now) {
  CreditReport report;
  report.taken = now;
  report.host = sys::host_name();
  report.instance = shown_name(instance_);
  report.directions = credits_->directions(most_named_);
  set_allowances(report, allowances_.allowances().summaries());
  report.connections = connections_.connections().all();
  report.knows_connections = role_ == CreditRole::keeper;
  const BitRate most = std::max(report.directions.tx.mean, report.directions.rx.mean);
  report.larger = larger_type(instance_, most);
  return report;
}

void CreditMonitor::save(Session& session, const Moment& now) {
  saved_ = now.boot;
  const auto kept = file_.write(
      saved_credits_text(credits_->saved_state(place(session, last_, ledger_, booked_))));
  if (!kept && !save_failed_) {
    notices_.report("the state of the credits cannot be kept: " + kept.error().what);
  }
  save_failed_ = !kept;
}

}  // namespace cgtally::monitor
