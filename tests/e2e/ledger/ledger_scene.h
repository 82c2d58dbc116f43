// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of a pinned ledger: a wire with traffic, a BPF file system of their own, the
// commands on it, and two checks: the totals equal the wire's, or nothing is left.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/traffic/sample.h"
#include "harness/ledger/counted.h"
#include "harness/ledger/pinned.h"

namespace cgtally::harness {

inline constexpr auto kOld = CGTALLY_BINARY;
inline constexpr auto kNext = CGTALLY_NEXT_BINARY;

[[nodiscard]] std::vector<Sample> samples_of(const std::string& csv);
// Of every account that has a row, its last totals.
[[nodiscard]] Traffic last_totals(const std::string& csv);
[[nodiscard]] Traffic sum_of_deltas(const std::string& csv);

class LedgerTest : public testing::TestWithParam<HookChoice> {
 protected:
  LedgerTest();
  // A program that `body` starts sees the kernel that the parameter asks for.
  static void on_kernel(const std::function<void()>& body);
  [[nodiscard]] Words up(const std::string& binary = kOld, const Words& more = {}) const;
  [[nodiscard]] Words down(const Words& more = {}) const;
  [[nodiscard]] Words record(const std::string& binary = kOld) const;
  // The totals that a reader of that build shows, once the traffic has stopped.
  [[nodiscard]] Traffic totals_as_read_by(const std::string& binary);
  [[nodiscard]] Traffic settled_truth() const;
  void expect_exact() const;
  // Fails unless every packet from now on is counted, and none twice.
  void expect_counted_once();
  void expect_nothing_left() const;
  void expect_nothing_attached() const;
  void forget_without_a_trace() const;  // `down --forget`

  Wire wire;
  Bpffs bpffs;
  MeasuredDevice device = wire.host_end();
  Traffic base;  // what crossed the wire uncounted
  Stream stream{wire};
};

[[nodiscard]] std::string hook_name(const testing::TestParamInfo<HookChoice>& hook);

}  // namespace cgtally::harness
