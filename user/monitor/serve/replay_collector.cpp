// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/replay_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "adapters/bpf/ledger/pins.h"
#include "adapters/csv/recordings.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/process.h"
#include "core/replay/replay.h"

namespace cgtally::monitor {

Result<std::unique_ptr<ReplayCollector>> ReplayCollector::start(
    NodeOptions options, const std::vector<std::string>& files, const InstanceOptions& instance) {
  std::unique_ptr<ReplayCollector> collector(new ReplayCollector(std::move(options)));
  ReplayCollector& self = *collector;
  Replay checked([](const Sample&) { return true; });
  auto read = csv::read_recordings(
      files, [&](const Sample& row, const std::string& location) -> Result<void> {
        auto sample = checked.add(row, location);
        if (!sample) return std::unexpected(std::move(sample).error().within(location));
        return self.add(*sample, location);
      });
  if (!read) return std::unexpected(std::move(read).error());
  std::ranges::stable_sort(self.rows_, {}, [](const Sample& one) { return one.taken.wall; });
  self.options_.host = self.rows_.front().host;
  if (!instance.instance.empty() || instance.baseline) {
    const auto found = find_instance(instance, "");
    if (!found) return std::unexpected(found.error());
    self.credits_ = std::make_unique<CreditReplay>(
        shown_name(*found), found->terms, instance.start, Nanoseconds::zero(),
        [&self](const CreditReport& report) { self.credit_report_ = report; });
  }
  return collector;
}

Result<void> ReplayCollector::add(const Sample& row, const std::string& location) {
  if (!rows_.empty() && row.host != rows_.front().host) {
    return std::unexpected(
        Error{.what = fmt::format("{}: a row of {}, after rows of {}", location, row.host,
                                  rows_.front().host),
              .hint = "serve shows one node: start another serve for the other host"});
  }
  rows_.push_back(row);
  return {};
}

SharedState ReplayCollector::start() {
  began_ = sys::now();
  std::vector<Sample> opening = rows_until(Nanoseconds::zero());
  give_to_credits(opening);
  std::vector<Sample> totals = opening;
  for (Sample& sample : totals) {
    sample.taken = began_;
    sample.delta = sample.totals;
    sample.interval = {};
  }
  figures_.book().begin(totals, began_);
  figures_.show(std::move(totals), began_);
  return new_state(began_);
}

// The rows up to a time since the first one.
std::vector<Sample> ReplayCollector::rows_until(Nanoseconds since_first) {
  const Nanoseconds first = rows_.front().taken.wall;
  std::vector<Sample> rows;
  while (next_ < rows_.size() && rows_[next_].taken.wall - first <= since_first) {
    rows.push_back(rows_[next_++]);
  }
  return rows;
}

void ReplayCollector::give_to_credits(const std::vector<Sample>& rows) {
  if (!credits_) return;
  for (const Sample& row : rows) {
    // The rows are of one host, so none is refused.
    if (csv::may_be_uplink(row.iface)) (void)credits_->add(row);
  }
}

SharedState ReplayCollector::tick(std::uint64_t acknowledged) {
  const Moment now = sys::now();
  figures_.book().acknowledge(acknowledged);
  const Nanoseconds first = rows_.front().taken.wall;
  std::vector<Sample> rows = rows_until(now.boot - began_.boot);
  give_to_credits(rows);
  for (auto begin = rows.begin(); begin != rows.end();) {
    const Nanoseconds moment = begin->taken.wall;
    const auto end = std::find_if(begin, rows.end(),
                                  [moment](const Sample& one) { return one.taken.wall != moment; });
    std::vector<Sample> interval(begin, end);
    const Moment shown{.boot = began_.boot + (moment - first),
                       .wall = began_.wall + (moment - first)};
    for (Sample& sample : interval) sample.taken = shown;
    figures_.add(interval, shown);
    begin = end;
  }
  return new_state(now);
}

SharedState ReplayCollector::new_state(const Moment& now) {
  auto state = std::make_shared<serve::NodeState>();
  state->version = options_.version;
  state->abi = bpf::kAbiVersion;
  state->host = options_.host;
  state->every = options_.every;
  state->taken = now;
  state->interval = last_ ? now.boot - last_->boot : Nanoseconds{};
  state->sequence = ++sequence_;
  state->source = serve::Source::replay;
  state->ledger.id = rows_.front().ledger;
  state->ledger.summary.since = began_;
  const bool over = next_ == rows_.size();
  state->counting = !over;
  const Sample& at = rows_[next_ > 0 ? next_ - 1 : 0];
  state->replay = {.at = at.taken.wall, .end = rows_.back().taken.wall, .over = over};
  const sys::ProcessUse use = sys::process_use();
  state->process = {.cpu = use.cpu, .resident_bytes = use.resident_bytes, .started = began_.wall};
  figures_.fill(*state);
  state->credits = credit_report_;
  last_ = now;
  return state;
}

}  // namespace cgtally::monitor
