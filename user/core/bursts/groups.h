// SPDX-License-Identifier: Apache-2.0
// BurstGrouper: puts repeated bursts of one account together, so that regular pulses, hundreds a
// minute, do not drive everything else off a screen. It is for what people read: a CSV and the
// summary take each burst.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/cause.h"

namespace cgtally {

struct NamedBurst {
  ExplainedBurst burst;
  Nanoseconds wall{};   // of the burst's start
  std::string account;  // the top account; empty if unknown
  std::string label{};  // as people call it; empty: the account itself

  [[nodiscard]] const std::string& shown() const { return label.empty() ? account : label; }
};

// One burst, or several that are alike.
struct BurstGroup {
  NamedBurst first;
  std::uint64_t count = 1;
  Nanoseconds begin{};  // boot time, of the first one's start
  Nanoseconds end{};    // and of the last one's end
  Bytes bytes;          // of all
  BitRate peak;         // the highest

  explicit BurstGroup(NamedBurst burst);
  void add(const Burst& burst);
  [[nodiscard]] Bytes mean() const { return {bytes.value / count}; }
  [[nodiscard]] Nanoseconds length() const { return end - begin; }
};

// Bursts are alike if they have the same interface, direction, top account and cause, and a volume
// within a factor of two of their mean so far. The first kShownAlone of a run are shown one by one;
// those after them are held, and shown as one group each kSpan. A run ends kSpan after its last
// burst. A burst that is like no other is never held.
class BurstGrouper {
 public:
  static constexpr std::uint64_t kShownAlone = 3;
  static constexpr Nanoseconds kSpan = std::chrono::seconds{10};

  // What is to be shown at once: the burst, unless it is held.
  [[nodiscard]] std::optional<BurstGroup> add(NamedBurst burst);
  // The groups whose time has come, the earliest first.
  [[nodiscard]] std::vector<BurstGroup> pop_due(Nanoseconds boot_time);
  // All that are held.
  [[nodiscard]] std::vector<BurstGroup> finish();

 private:
  struct Run {
    BurstGroup all;  // of the run, those that were shown included
    std::optional<BurstGroup> held;
  };
  [[nodiscard]] Run* run_of(const NamedBurst& burst);

  std::list<Run> runs_;
};

}  // namespace cgtally
