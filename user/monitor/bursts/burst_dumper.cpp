// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/burst_dumper.h"

namespace cgtally::monitor {
Result<void> check(const DumpOptions& options) {
  if (!options.directory.empty() || (!options.over && !options.most && !options.size)) return {};
  const std::string limit = options.over   ? "--dump-over"
                            : options.most ? "--dump-most"
                                           : "--dump-size";
  return std::unexpected(Error{.what = limit + " without --dump",
                               .hint = "say where dumps go: --dump DIR",
                               .failure = Failure::usage});
}

BurstDumper::BurstDumper(const DumpOptions& options, NameOf name_of, Notices& notices)
    : name_of_(std::move(name_of)),
      rule_{.over = options.over},
      writer_(options.directory,
              {.files = options.most.value_or(DumpOptions::kFiles),
               .bytes = options.size.value_or(DumpOptions::kSize)},
              notices) {}

void BurstDumper::add(const SeenWindows& seen) {
  auto found = recorders_.find(seen.iface);
  if (found == recorders_.end()) {
    found = recorders_.try_emplace(seen.iface, seen.iface, seen.window).first;
  }
  FlightRecorder& recorder = found->second;
  if (seen.batch == nullptr) {
    recorder.pause(seen.direction, seen.ended);
    return;
  }
  const WindowBatch& batch = *seen.batch;
  recorder.add(seen.direction,
               {.windows = batch.windows,
                .from = batch.from,
                .through = batch.through,
                .missed = batch.missed},
               seen.ended, seen.open_since);
}

void BurstDumper::evaluate(const NamedBurst& burst) {
  const auto recorder = recorders_.find(burst.burst.iface);
  if (recorder == recorders_.end()) return;
  recorder->second.decide(burst.burst.direction, burst.burst.burst, rule_.wants(burst.burst),
                          burst.wall - burst.burst.burst.start());
}

void BurstDumper::write() {
  for (auto& [iface, recorder] : recorders_) put(recorder.pop_complete());
  writer_.report_news();
}

void BurstDumper::finish() {
  for (auto& [iface, recorder] : recorders_) put(recorder.finish());
  writer_.finish();
}

void BurstDumper::put(std::vector<FlightDump> dumps) {
  for (FlightDump& dump : dumps) {
    AccountNames names;
    for (const Direction direction : kDirections) {
      for (const TrafficWindow& window : dump.extracts[direction].windows) {
        for (const AccountShare& share : window.shares) {
          if (!names.contains(share.account)) names[share.account] = name_of_(share.account);
        }
      }
    }
    writer_.put(std::move(dump), std::move(names));
  }
}

}  // namespace cgtally::monitor
