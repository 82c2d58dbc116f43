// SPDX-License-Identifier: Apache-2.0
// BurstDumper: `--dump`, the windows around the bursts that the rule asks for, written to a
// directory.
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
// An Error if the limits of dumps are given without a directory for them.
[[nodiscard]] Result<void> check(const DumpOptions& options);

// Follows a BurstMonitor with a flight recorder for each interface. `bursts` owns one. A dump that
// fails changes nothing for the bursts themselves.
class BurstDumper {
 public:
  using NameOf = std::function<std::string(const Account&)>;

  BurstDumper(const DumpOptions& options, NameOf name_of, Notices& notices);

  void add(const SeenWindows& seen);
  void evaluate(const NamedBurst& burst);
  // The dumps that are complete.
  void write();
  // Also the dumps that are not complete; waits for the disk.
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
