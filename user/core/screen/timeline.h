// SPDX-License-Identifier: Apache-2.0
// A recording as a row of moments that one can walk along, and the book of accounts at each of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/screen/account_book.h"

namespace cgtally::screen {

// Filled by `replay` with recomputed samples, in any order. A moment is one step of time: usually
// the recording's interval; longer, if there would be more than `most_rows` rows otherwise: then
// the rows of several intervals are added up. The time is the wall time.
class Timeline {
 public:
  explicit Timeline(std::size_t most_rows = 1'000'000) : most_rows_(most_rows) {}

  void add(const Sample& sample);
  // After the last sample, and before everything below.
  void finish();

  [[nodiscard]] std::size_t size() const { return moments_.size(); }  // moments with rows
  [[nodiscard]] Nanoseconds step() const { return step_; }
  [[nodiscard]] Nanoseconds begin() const;
  [[nodiscard]] Nanoseconds end() const;
  [[nodiscard]] Nanoseconds time_of(std::size_t moment) const { return moments_.at(moment).wall; }
  // The last moment that is not later; the first if all are.
  [[nodiscard]] std::size_t moment_at(Nanoseconds wall) const;
  [[nodiscard]] std::vector<Sample> samples_of(std::size_t moment) const;
  // The bytes that were moved in equal parts of the time.
  [[nodiscard]] std::vector<double> traffic(std::size_t parts) const;
  [[nodiscard]] std::string hosts() const;  // "node-a", "3 hosts"

 private:
  struct Name {
    std::string account;
    ContainerName owner;
    std::uint64_t cgroup_id = 0;
  };
  struct Row {
    std::int64_t step = 0;  // number of it, from the first row's
    Nanoseconds wall{};
    Nanoseconds interval{};
    std::uint32_t name = 0;
    std::uint32_t iface = 0;
    SampleState state = SampleState::live;
    Traffic delta;
    Traffic totals;
    std::uint64_t connections = kUnknown;
    std::uint64_t delay_ns = kUnknown;
  };
  struct Instant {
    Nanoseconds wall{};
    std::size_t first = 0;  // row
    std::size_t end = 0;
  };
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  void compact();
  [[nodiscard]] std::uint32_t name_of(const Sample& sample);
  [[nodiscard]] std::uint32_t interface_of(const Sample& sample);
  void find_step();

  std::size_t most_rows_;
  Nanoseconds step_{};
  std::vector<Row> rows_;
  std::vector<Instant> moments_;
  std::vector<Name> names_;
  std::unordered_map<std::string, std::uint32_t> name_ids_;
  std::vector<std::pair<std::string, std::string>> interfaces_;  // host and interface
  std::map<std::pair<std::string, std::string>, std::uint32_t> interface_ids_;
  std::map<std::string, std::size_t> hosts_;
};

// The book of accounts at one moment of a timeline. Keeps books on the way, so that going back is
// quick.
class TimelineReader {
 public:
  explicit TimelineReader(const Timeline& timeline);  // must outlive this

  [[nodiscard]] std::size_t moment() const { return moment_; }
  void go_to(std::size_t moment);
  [[nodiscard]] const AccountBook& book() const { return book_; }
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }

 private:
  static constexpr std::size_t kKeptEvery = 2048;  // moments
  void advance();

  const Timeline& timeline_;
  std::size_t moment_ = 0;
  AccountBook book_;
  std::vector<Sample> samples_;  // of the moment
  std::map<std::size_t, AccountBook> kept_;
};

}  // namespace cgtally::screen
