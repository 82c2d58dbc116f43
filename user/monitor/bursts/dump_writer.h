// SPDX-License-Identifier: Apache-2.0
// DumpWriter: writes dumps in a thread of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/csv/dumps/dump_directory.h"
#include "core/bursts/flight_recorder.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

using AccountNames = std::map<Account, std::string>;

// A disk may take longer for one dump than the kernel keeps windows, and a thread that waits for
// the disk would miss some. A dump that cannot be written, or that comes while too many wait, is
// counted and reported once; the next one is tried again. A BurstDumper owns one. Chooses nothing.
class DumpWriter {
 public:
  static constexpr std::size_t kMostWaiting = 8;

  DumpWriter(std::string directory, csv::DumpLimits limits, Notices& notices);
  DumpWriter(const DumpWriter&) = delete;
  DumpWriter& operator=(const DumpWriter&) = delete;
  ~DumpWriter();

  void put(FlightDump dump, AccountNames names);
  // Waits until the dumps that were put are written. Nothing may be put afterwards.
  void finish();
  // Reports what happened to the thread. Call it now and then; finish() does it, too.
  void report_news();
  // Dumps that could not be written, so far.
  [[nodiscard]] std::optional<Error> missing() const;
  // "3 written to DIR", so far; empty if none was.
  [[nodiscard]] std::string summary() const;

 private:
  struct Job {
    FlightDump dump;
    AccountNames names;
  };
  void work();
  void write(const Job& job);
  void record(const Result<void>& written);

  Notices& notices_;
  csv::DumpDirectory directory_;
  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool over_ = false;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  bool too_large_ = false;  // some of those that are lost were
  std::optional<Error> failure_;
  std::vector<std::string> news_;  // from the thread, which may not use notices_
  std::thread thread_;             // starts last
};

}  // namespace cgtally::monitor
