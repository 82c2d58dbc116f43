// SPDX-License-Identifier: Apache-2.0
// The chapters of a report's story, each from a part of the findings.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/base/timestamp.h"
#include "core/report/findings.h"

namespace cgtally::report {

struct Chapter {
  std::string title;
  std::vector<std::string> sentences;  // empty: there is nothing to tell
  std::string pasteable = {};          // lines as they are, to be copied
};

// Words that need to know of which time the whole report is, and of how many hosts.
class Words {
 public:
  explicit Words(const Findings& findings)
      : begin_(findings.begin()), end_(findings.end()), hosts_(findings.hosts().size()) {}

  [[nodiscard]] std::string time(Nanoseconds wall) const { return time_beside(wall, begin_, end_); }
  [[nodiscard]] std::string interface(const std::string& host, const std::string& iface) const {
    if (iface.empty()) return host;  // of another monitor
    return hosts_ > 1 ? fmt::format("{}:{}", host, iface) : iface;
  }
  // "the credits for sending", "the credits for sending of web1".
  [[nodiscard]] std::string credits(const CreditCourse& course, Direction direction) const {
    return fmt::format("the credits for {}{}", direction == Direction::tx ? "sending" : "receiving",
                       hosts_ > 1 ? fmt::format(" of {}", course.host) : "");
  }

 private:
  Nanoseconds begin_;
  Nanoseconds end_;
  std::size_t hosts_;
};

// Ends of containers after which something was lost.
[[nodiscard]] std::vector<const lifecycle::Row*> lossy_ends(const Findings& findings);
[[nodiscard]] std::size_t count_of(const Findings& findings, lifecycle::Event event);

[[nodiscard]] Chapter traffic_chapter(const Findings& findings, const Words& words);
[[nodiscard]] Chapter who_chapter(const Findings& findings, const Words& words);
[[nodiscard]] Chapter credits_chapter(const Findings& findings, const Words& words);
[[nodiscard]] Chapter bursts_chapter(const BurstFindings& bursts, const Words& words);
[[nodiscard]] Chapter lives_chapter(const Findings& findings);
[[nodiscard]] Chapter advice_chapter(const Findings& findings, const Words& words);
[[nodiscard]] Chapter completeness_chapter(const ReplayReport& report);

}  // namespace cgtally::report
