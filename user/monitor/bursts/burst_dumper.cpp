// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/burst_dumper.h"

#include <CLI/CLI.hpp>

#include "cli/options/parsing.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kDumps = 100;
constexpr std::size_t kMostDumps = 100'000;
constexpr Bytes kSize{100'000'000};

}  // namespace

void add_dump_options(CLI::App& command, DumpOptions& options) {
  command
      .add_option("--dump", options.directory,
                  "Write the windows from 1 s before to 1 s after a burst to a file\n"
                  "in DIR: of each burst during which an allowance counter moved;\n"
                  "where there is no such counter, of every burst")
      ->type_name("DIR");
  command
      .add_option_function<std::string>(
          "--dump-over",
          [&options](const std::string& text) {
            options.over = value_of("--dump-over", text, parse_bit_rate(text));
          },
          "Of each burst with a peak of that rate, too; without a counter, of\n"
          "no other")
      ->type_name("RATE");
  command
      .add_option_function<std::size_t>(
          "--dump-most",
          [&options](std::size_t most) {
            if (most == 0 || most > kMostDumps) {
              refuse("--dump-most " + std::to_string(most) + " is out of range",
                     "give one from 1 to " + std::to_string(kMostDumps));
            }
            options.most = most;
          },
          "Keep so many dumps in DIR, the newest (default " + std::to_string(kDumps) + ")")
      ->type_name("N");
  command
      .add_option_function<std::string>(
          "--dump-size",
          [&options](const std::string& text) {
            options.size = value_of("--dump-size", text, parse_bytes(text));
          },
          "And no more of them than have so many bytes in all (default 100MB)")
      ->type_name("SIZE");
}

Result<void> check(const DumpOptions& options) {
  if (!options.directory.empty() || (!options.over && !options.most && !options.size)) return {};
  const std::string limit = options.over   ? "--dump-over"
                            : options.most ? "--dump-most"
                                           : "--dump-size";
  return std::unexpected(Error{.what = limit + " without --dump",
                               .cure = "say where dumps go: --dump DIR",
                               .failure = Failure::usage});
}

FlightDeck::FlightDeck(const DumpOptions& options, NameOf name_of)
    : name_of_(std::move(name_of)),
      rule_{.over = options.over},
      writer_(options.directory,
              {.files = options.most.value_or(kDumps), .bytes = options.size.value_or(kSize)}) {}

void FlightDeck::hear(const SeenWindows& seen) {
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

void FlightDeck::judge(const NamedBurst& burst) {
  const auto recorder = recorders_.find(burst.burst.iface);
  if (recorder == recorders_.end()) return;
  recorder->second.judge(burst.burst.direction, burst.burst.burst, rule_.wants(burst.burst),
                         burst.wall - burst.burst.burst.start());
}

void FlightDeck::write() {
  for (auto& [iface, recorder] : recorders_) put(recorder.take());
}

void FlightDeck::finish() {
  for (auto& [iface, recorder] : recorders_) put(recorder.finish());
  writer_.finish();
}

void FlightDeck::put(std::vector<FlightDump> dumps) {
  for (FlightDump& dump : dumps) {
    AccountNames names;
    for (const WindowExtract& way : dump.ways) {
      for (const TrafficWindow& window : way.windows) {
        for (const AccountShare& share : window.shares) {
          if (!names.contains(share.account)) names[share.account] = name_of_(share.account);
        }
      }
    }
    writer_.put(std::move(dump), std::move(names));
  }
}

}  // namespace cgtally::cli
