// SPDX-License-Identifier: Apache-2.0
#include "monitor/credits/credit_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "adapters/csv/recordings.h"
#include "adapters/sys/host.h"
#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/credits/replay.h"
#include "core/replay/replay.h"
#include "core/traffic/interface_traffic.h"

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
  return fmt::format("{}: baseline {}", larger->name, format_bit_rate(larger->baseline));
}

// Boot and wall clock run side by side for as long as a boot lasts, but for small corrections.
bool same_boot(const Moment& a, const Moment& b) {
  const Nanoseconds drift = (a.wall - a.boot) - (b.wall - b.boot);
  return std::chrono::abs(drift) < std::chrono::seconds{5} && b.boot >= a.boot;
}

}  // namespace

CreditMonitor::CreditMonitor(const CreditOptions& options, Instance instance, std::string host_root,
                             std::size_t most_named, CreditRole role, Notices& notices)
    : instance_(std::move(instance)),
      host_root_(std::move(host_root)),
      most_named_(most_named),
      role_(role),
      file_(options.state_dir, "credits.state"),
      notices_(notices),
      alarms_{.rx = CreditAlarm(options.warn), .tx = CreditAlarm(options.warn)} {}

Result<CreditMonitor> CreditMonitor::start(const CreditOptions& options, Instance instance,
                                           std::string host_root, const Snapshot& base,
                                           std::size_t most_named, Notices& notices,
                                           CreditRole role) {
  CreditMonitor monitor(options, std::move(instance), std::move(host_root), most_named, role,
                        notices);
  monitor.keep(base);
  (void)monitor.sent_by_queues(base, {});
  if (options.start_from.empty()) {
    monitor.start_from_saved(base, options.instance.start);
  } else if (auto started = monitor.start_from_recording(options, base.reading.taken); !started) {
    return std::unexpected(std::move(started).error());
  }
  return monitor;
}

std::optional<SavedCredits> CreditMonitor::read_saved() {
  const auto text = file_.read();
  if (!text) {
    notices_.report("what was known of the credits cannot be read: " + text.error().what);
    return std::nullopt;
  }
  if (!*text) return std::nullopt;
  auto memory = parse_saved_credits(**text);
  if (memory) return *std::move(memory);
  if (role_ == CreditRole::reader) {
    notices_.report(fmt::format("{} is of no use ({}): the balance is not known", file_.path(),
                                memory.error().what));
    return std::nullopt;
  }
  const auto aside = file_.set_aside();
  notices_.report(fmt::format("{} is of no use ({}): {}, and the balance is not known",
                              file_.path(), memory.error().what,
                              aside ? fmt::format("kept as {}", *aside) : aside.error().what));
  return std::nullopt;
}

void CreditMonitor::start_from_saved(const Snapshot& base, BucketStart start) {
  const Moment& now = base.reading.taken;
  const auto saved = read_saved();
  if (!saved) {
    credits_.emplace(PerDirection<CreditTerms>{.rx = instance_.terms, .tx = instance_.terms}, start,
                     now);
    return;
  }
  const SaveGap since = gap_since(*saved, identity());
  if (since.same_boot) {
    credits_.emplace(instance_.terms, *saved, since, now);
    notices_.report(
        fmt::format("the credits go on as remembered {} ago; what went out since is {}{}",
                    format_duration(since.length), since.explanation,
                    start == BucketStart::unknown
                        ? ""
                        : fmt::format(" (for --start to count, remove {})", file_.path())));
    return;
  }
  if (start == BucketStart::unknown) {
    credits_.emplace(instance_.terms, *saved, since, now);
    notices_.report("the balance is not known: " + since.explanation);
    return;
  }
  PerDirection<CreditTerms> terms;
  for (const Direction direction : kDirections) {
    terms[direction] =
        with_learned(instance_.terms, saved->buckets[direction], since.same_instance);
  }
  credits_.emplace(terms, start, now);
}

// Through the recording, and over the time from its end to now, of which nobody knows.
Result<void> CreditMonitor::start_from_recording(const CreditOptions& options, const Moment& now) {
  Replay rows([](const Sample&) { return true; });
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

CreditIdentity CreditMonitor::identity() const {
  return {.instance = id_of(instance_),
          .type = instance_.name.empty()
                      ? fmt::format("{} to {}", format_bit_rate(instance_.terms.baseline),
                                    format_bit_rate(instance_.terms.burst))
                      : instance_.name,
          .boot = sys::boot_id(),
          .at = last_,
          .ledger = ledger_,
          .counted = paid_for(),
          .device = device_totals(billed_, host_root_)};
}

std::optional<CreditReport> CreditMonitor::update(const Snapshot& snapshot) {
  const Moment& now = snapshot.reading.taken;
  if (now.boot <= last_.boot) return std::nullopt;
  advance(snapshot);
  keep(snapshot);
  CreditReport report = this->report(snapshot);
  raise_alarms(report);
  if (role_ == CreditRole::owner &&
      now.boot - saved_.value_or(Nanoseconds::min() / 2) >= kSaveEvery) {
    save(now);
  }
  return report;
}

void CreditMonitor::keep(const Snapshot& snapshot) {
  last_ = snapshot.reading.taken;
  ledger_ = snapshot.reading.ledger;
  billed_ = snapshot.billed;
  billed_traffic_ = {};
  const auto sums = traffic_by_interface(snapshot.reading.accounts);
  for (const CountedInterface& one : billed_.interfaces) {
    if (const auto sum = sums.find(one.key); sum != sums.end()) {
      billed_traffic_ += sum->second;
    }
  }
}

void CreditMonitor::advance(const Snapshot& snapshot) {
  const Moment& now = snapshot.reading.taken;
  CreditInterval interval{.now = now, .elapsed = now.boot - last_.boot, .charged = {}};
  std::vector<Sample> samples = snapshot.samples;
  std::erase_if(samples, [&snapshot](const Sample& sample) {
    const auto& billed = snapshot.billed.interfaces;
    return std::ranges::find(billed, sample.iface, &CountedInterface::name) == billed.end();
  });
  std::map<std::string, Bytes> sent;
  for (Sample& sample : samples) {
    interval.charged += sample.delta;
    sent[sample.iface] += sample.delta.tx_bytes;
    const auto tcp = snapshot.tcp.by_cgroup().find(sample.cgroup_id);
    if (tcp != snapshot.tcp.by_cgroup().end()) sample.tcp_connections = tcp->second.busy;
  }
  interval.charged.tx_bytes = sent_by_queues(snapshot, sent);
  interval.flows = flow_counts(samples);
  const auto gain = [&snapshot](AllowanceCounter counter) {
    return CounterGain{
        .there = snapshot.counters.has(counter),
        .gained = snapshot.allowances ? snapshot.counters.gained(counter) : std::nullopt};
  };
  interval.counters = {.rx = gain(AllowanceCounter::bw_in), .tx = gain(AllowanceCounter::bw_out)};
  if (snapshot.counting) {
    credits_->advance(interval);
  } else {
    credits_->pause(now, interval.elapsed, std::nullopt);
  }
  credits_->add_samples(samples, now);
}

Bytes CreditMonitor::sent_by_queues(const Snapshot& snapshot,
                                    const std::map<std::string, Bytes>& counted) {
  Bytes all{};
  const auto& billed = snapshot.billed.interfaces;
  std::erase_if(queues_, [&billed](const auto& queue) {
    return std::ranges::find(billed, queue.first, &CountedInterface::key) == billed.end();
  });
  for (const CountedInterface& one : billed) {
    const auto came = counted.find(one.name);
    const Bytes bytes = came == counted.end() ? Bytes{} : came->second;
    const auto found = snapshot.queues.find(one.key);
    const netlink::QdiscStats queue =
        found == snapshot.queues.end() ? netlink::QdiscStats{} : found->second;
    all += queues_[one.key].sent(bytes, {.kind = queue.kind,
                                         .waiting = queue.backlog_bytes,
                                         .sent = queue.sent_bytes,
                                         .dropped = queue.drops});
  }
  return all;
}

Traffic CreditMonitor::paid_for() const {
  Traffic paid = billed_traffic_;
  for (const auto& [key, queue] : queues_) {
    paid.tx_bytes.value -= std::min(paid.tx_bytes.value, queue.waiting().value);
  }
  return paid;
}

CreditReport CreditMonitor::report(const Snapshot& snapshot) const {
  CreditReport report;
  report.taken = snapshot.reading.taken;
  report.host = sys::host_name();
  report.instance = shown_name(instance_);
  report.directions = credits_->directions(most_named_);
  set_allowances(report, snapshot.counters.summaries());
  report.knows_connections = role_ == CreditRole::owner;
  if (report.knows_connections) {
    report.connections = snapshot.tcp.all();
  }
  const BitRate most = std::max(report.directions.tx.mean, report.directions.rx.mean);
  report.larger = larger_type(instance_, most);
  return report;
}

void CreditMonitor::raise_alarms(const CreditReport& report) {
  for (const Direction direction : kCreditOrder) {
    if (auto sentence = alarms_[direction].update(report.directions[direction], report.taken)) {
      notices_.report(*std::move(sentence));
    }
  }
}

void CreditMonitor::save(const Moment& now) {
  saved_ = now.boot;
  const auto written = file_.write(saved_credits_text(credits_->saved_state(identity())));
  if (!written && !save_failed_) {
    notices_.report("the state of the credits cannot be kept: " + written.error().what);
  }
  save_failed_ = !written;
}

}  // namespace cgtally::monitor
