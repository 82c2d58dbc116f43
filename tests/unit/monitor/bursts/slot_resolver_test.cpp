// SPDX-License-Identifier: Apache-2.0
// Whose the bytes of a window were is told as long as it is sure, and never guessed.
#include "monitor/bursts/slot_resolver.h"

#include <gtest/gtest.h>

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Account kOwner{.kind = AccountKind::cgroup, .cgroup_id = 7};
constexpr Nanoseconds kLap = 254ms;

// Slot 5 has an owner; nothing else is asked of it here.
class Slots final : public Session {
 public:
  std::uint64_t folded = 0;
  bool sums = false;

  [[nodiscard]] bool sums_accounts() const override { return sums; }
  [[nodiscard]] std::optional<Account> account_of_slot(std::uint32_t slot) override {
    return slot == 5 ? std::optional(kOwner) : std::nullopt;
  }
  [[nodiscard]] std::uint64_t retire_generation() const override { return folded; }

  Result<void> follow_changes(sys::Poller& /*poller*/) override { return {}; }
  [[nodiscard]] Reading read() override { return {}; }
  [[nodiscard]] AccountName name_of(std::uint64_t /*id*/) const override { return {}; }
  [[nodiscard]] std::string interface_name(InterfaceKey /*key*/) const override { return {}; }
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces() override { return {}; }
  [[nodiscard]] std::string describe_interfaces() const override { return {}; }
  [[nodiscard]] LedgerSummary ledger_summary() const override { return {}; }
  [[nodiscard]] RunCost cost() const override { return {}; }
  [[nodiscard]] std::optional<double> coverage_of(std::string_view /*name*/) const override {
    return {};
  }
  [[nodiscard]] std::vector<InterfaceKey> attached() const override { return {}; }
  [[nodiscard]] WindowSettings window_settings() const override { return {}; }
  [[nodiscard]] Result<bpf::Windows> windows(InterfaceKey /*key*/) const override {
    return std::unexpected(Error{});
  }
};

// Windows of 1 ms that begin then, each with 900 bytes of slot 5 and 100 of one that nobody knows.
ReadWindows read_of(std::vector<std::uint64_t> windows) {
  ReadWindows read{.iface = {},
                   .direction = Direction::tx,
                   .from = windows.front(),
                   .through = windows.back(),
                   .closed = {},
                   .lap = kLap};
  for (const std::uint64_t window_index : windows) {
    read.closed.windows.push_back({.window_index = window_index,
                                   .sums = {.bytes = {1'020}, .packets = {2}},
                                   .error = {20},
                                   .shares = {{5, {900}}, {6, {100}}}});
  }
  return read;
}

class WindowNamesTest : public testing::Test {
 protected:
  // Whether the window that began then is named, when it is asked for at that moment.
  bool names(Nanoseconds begin, Nanoseconds now) {
    const auto batch = names_.resolve(read_of({static_cast<std::uint64_t>(begin / 1ms)}), now);
    EXPECT_EQ(batch.windows.size(), 1U);
    const TrafficWindow& window = batch.windows.at(0);
    EXPECT_EQ(window.bytes.value, 1'020U);
    const bool named = !window.shares.empty();
    EXPECT_EQ(window.error.value, named ? 120U : 1'020U);
    return named && window.shares[0].account == kOwner;
  }
  Slots slots_;
  SlotResolver names_{slots_, 1ms, 1s};
};

TEST_F(WindowNamesTest, AreSureWithinALapOfTheWindowWhateverIsFolded) {
  slots_.folded = 2;
  names_.update(2s);
  EXPECT_TRUE(names(2s - 100ms, 2s));
  EXPECT_TRUE(names(2s - kLap + 1ms, 2s));
  EXPECT_FALSE(names(2s - kLap, 2s));
}

TEST_F(WindowNamesTest, AreSureForAsLongAsNothingIsFolded) {
  names_.update(2s);
  EXPECT_TRUE(names(1200ms, 2s));
  names_.update(10s);
  EXPECT_TRUE(names(1200ms, 10s));
  slots_.folded = 2;
  names_.update(11s);
  EXPECT_FALSE(names(1200ms, 11s));
  EXPECT_FALSE(names(10'500ms, 11s));
  names_.update(12s);
  EXPECT_TRUE(names(11s, 12s));  // nothing since then
  EXPECT_FALSE(names(10'999ms, 12s));
}

TEST_F(WindowNamesTest, ASumOfAccountsMayHaveAllThatHasNoName) {
  slots_.sums = true;
  const auto batch = names_.resolve(read_of({2000}), 2010ms);
  EXPECT_EQ(batch.windows.at(0).error.value, 1'020U) << "the bursts cut that to what no share has";
}

TEST_F(WindowNamesTest, OfAnotherLedgerAreNotThoseOfThisOne) {
  names_.restart(2s);
  names_.update(2s);
  EXPECT_FALSE(names(1999ms, 2s));
  EXPECT_TRUE(names(2s, 2001ms));
}

TEST_F(WindowNamesTest, ABatchKeepsItsBoundsAndWhatItMissed) {
  ReadWindows read = read_of({2000, 2005});
  read.closed.miss(1990, 2000);
  read.closed.missed = {.bytes = {77}, .packets = {3}};
  const auto batch = names_.resolve(read, 2010ms);
  EXPECT_EQ(batch.from, 2000U);
  EXPECT_EQ(batch.through, 2005U);
  ASSERT_TRUE(batch.missed);
  EXPECT_EQ(batch.missed->count(), 10U);
  EXPECT_EQ(batch.missed->bytes, Bytes{77});
  EXPECT_FALSE(names_.resolve(read_of({2006}), 2010ms).missed);
}

}  // namespace
}  // namespace cgtally::monitor
