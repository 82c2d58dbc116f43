// SPDX-License-Identifier: Apache-2.0
// The courses that a report draws: rates of interfaces and of their accounts, and the credits, each
// in bounded memory.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/credits/replay.h"
#include "core/credits/report.h"
#include "core/report/track.h"
#include "core/traffic/direction.h"
#include "core/traffic/sample.h"

namespace cgtally::report {

struct AccountCourse {
  std::string label;
  PerDirection<Track> rates;
  PerDirection<double> bytes{};
};

struct InterfaceCourse {
  std::string host;
  std::string iface;
  Nanoseconds begin{};  // wall, of what was recorded
  Nanoseconds end{};
  PerDirection<Track> rates;
  PerDirection<double> bytes{};
  std::map<std::string, AccountCourse> accounts;  // empty for another monitor's figures
};

// Fed with the rows of recordings, whose deltas were computed from the totals. The rows of one
// moment are one interval of the interface. Does not read files.
class Courses {
 public:
  // Further accounts of an interface have no course of their own: they are among the others.
  static constexpr std::size_t kMostAccounts = 2000;

  void add(const Sample& row);
  // Of another monitor, which only knows the interface.
  void add(const std::string& host, const std::string& iface, Direction direction,
           Nanoseconds begin, Nanoseconds end, double bytes);
  [[nodiscard]] std::vector<InterfaceCourse> finish() &&;  // most bytes first

 private:
  struct Pending {  // the rows of the moment that is being added
    Nanoseconds boot{};
    Nanoseconds begin{};
    Nanoseconds end{};
    PerDirection<double> bytes{};
  };
  struct Entry {
    InterfaceCourse course;
    std::map<std::string, Pending> pending;  // by ledger
  };
  static void flush(InterfaceCourse& course, Pending& pending);
  Entry& entry(const std::string& host, const std::string& iface);

  std::map<std::pair<std::string, std::string>, Entry> entries_;
  Entry* last_ = nullptr;
};

// The credits of one host over time: by the model, or as a CSV of credits has them.
struct CreditCourse {
  struct OneDirection {
    Track low;        // of the balance, in bytes
    Track high;       // likewise; without slots where there is no upper bound
    Track exhausted;  // 1 while exhausted, else 0
  };
  std::string host;
  bool estimated = true;  // by this run; false: as it was recorded
  CreditReport last;
  PerDirection<CreditHistory> histories;
  PerDirection<OneDirection> directions;
  PerDirection<double> capacity{};  // the greatest upper bound, or lower one where there is none
  Nanoseconds begin{};
  std::size_t gaps = 0;
  Nanoseconds gap{};
  std::vector<std::string> notes;  // on the instance and on the files
};

// Puts reports in the order of their time together. The histories of what the model did itself are
// taken from its result, by finish_with().
class CreditCourseBuilder {
 public:
  void add(const CreditReport& report);
  void finish_with(const CreditReplayResult& result);
  [[nodiscard]] bool empty() const { return !previous_; }
  [[nodiscard]] CreditCourse& course() { return course_; }

 private:
  void add_interval(const CreditReport& report, Nanoseconds begin);
  void add_direction(Direction direction, const DirectionCredit& credit, Nanoseconds begin,
                     const Moment& now);

  CreditCourse course_;
  std::optional<CreditReport> first_;  // until the second one tells how long it is
  std::optional<Moment> previous_;
  Nanoseconds usual_{};
  PerDirection<bool> was_exhausted_{};
};

}  // namespace cgtally::report
