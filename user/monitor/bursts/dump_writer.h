// SPDX-License-Identifier: Apache-2.0
// Writes dumps in a thread of its own: a disk may take longer for one than the kernel keeps
// windows, and whoever waits for it would miss some. A dump that cannot be written, or for which
// nobody has the time, is counted and said once; the next one is tried again.
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

#include "adapters/csv/dump_directory.h"
#include "core/bursts/flight_recorder.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

using AccountNames = std::map<Account, std::string>;

class DumpWriter {
 public:
  static constexpr std::size_t kMostWaiting = 8;

  DumpWriter(std::string directory, csv::DumpLimits limits, Notices& notices);
  DumpWriter(const DumpWriter&) = delete;
  DumpWriter& operator=(const DumpWriter&) = delete;
  ~DumpWriter();

  void put(FlightDump dump, AccountNames names);
  // Waits for those that are under way. Nothing may be put after that.
  void finish();
  // Passes on what the thread has met with. Called now and then; finish() does it, too.
  void report_news();
  // Dumps that could not be written, so far.
  [[nodiscard]] std::optional<Error> missing() const;
  // "3 written to DIR", so far; empty: none.
  [[nodiscard]] std::string summary() const;

 private:
  struct Job {
    FlightDump dump;
    AccountNames names;
  };
  void work();
  void write(const Job& job);
  void note(const Result<void>& written);

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
  std::vector<std::string> news_;  // not reported yet: the notices are not the thread's
  std::thread thread_;             // begins last
};

}  // namespace cgtally::monitor
