// SPDX-License-Identifier: Apache-2.0
// `--dump`: follows a BurstMonitor, and has the windows around the bursts that the rule wants
// written to a directory. Whatever becomes of that, the bursts are told all the same.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/flight_recorder.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/bursts/dump_writer.h"

namespace cgtally::monitor {

struct DumpOptions {
  static constexpr std::size_t kFiles = 100;
  static constexpr std::size_t kMostFiles = 100'000;
  static constexpr Bytes kSize{100'000'000};

  std::string directory;  // empty: no dumps
  std::optional<BitRate> over;
  std::optional<std::size_t> most;  // files; unset: kFiles
  std::optional<Bytes> size;        // of all files together; unset: kSize
};
// An Error: limits of dumps that nobody asked for.
[[nodiscard]] Result<void> check(const DumpOptions& options);

class BurstDumper {
 public:
  using NameOf = std::function<std::string(const Account&)>;

  BurstDumper(const DumpOptions& options, NameOf name_of, Notices& notices);

  void add(const SeenWindows& seen);
  void evaluate(const NamedBurst& burst);
  // The dumps that are complete.
  void write();
  // Also those under way, as far as they have come; waits for the disk.
  void finish();

  [[nodiscard]] std::optional<Error> missing() const { return writer_.missing(); }
  [[nodiscard]] std::string summary() const { return writer_.summary(); }

 private:
  void put(std::vector<FlightDump> dumps);

  NameOf name_of_;
  DumpRule rule_;
  std::map<std::string, FlightRecorder> recorders_;  // by interface
  DumpWriter writer_;
};

}  // namespace cgtally::monitor
