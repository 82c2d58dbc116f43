// SPDX-License-Identifier: Apache-2.0
// Everything that a report tells, as data: filled from files by monitor/offline, told by story.h,
// drawn by figures.h and listed by tables.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/lifecycle/row.h"
#include "core/replay/report.h"
#include "core/report/burst_findings.h"
#include "core/report/courses.h"

namespace cgtally::report {

struct SourceFile {
  std::string name;  // as the user gave it
  std::string kind;  // "samples", "bursts", "credits", "lifecycle", or what it was taken for
  std::size_t rows = 0;
};

struct Findings;
// Whether the interface has a twentieth of all bytes: its accounts are told.
[[nodiscard]] bool carries_much(const Findings& findings, const InterfaceCourse& course);

struct Findings {
  std::vector<SourceFile> files;
  std::optional<ReplayReport> traffic;      // of samples
  std::vector<InterfaceCourse> interfaces;  // of samples and of other monitors
  std::vector<CreditCourse> credits;
  BurstFindings bursts;
  bool has_bursts = false;  // a file of bursts was given, even if none is in it
  std::vector<lifecycle::Row> lives;
  bool has_lives = false;
  std::vector<std::string> advice;  // about ends that lost something: text to be pasted
  std::string as_replay;            // the screen of `replay` on the same files
  std::string version;              // of cgtally
  Nanoseconds warn{};               // the time to empty that is a danger

  // The hosts of all files, each once.
  [[nodiscard]] std::vector<std::string> hosts() const;
  [[nodiscard]] Nanoseconds begin() const;  // wall
  [[nodiscard]] Nanoseconds end() const;
};

}  // namespace cgtally::report
