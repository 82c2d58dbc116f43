// SPDX-License-Identifier: Apache-2.0
// The accounts that the screen knows, each on each interface: what it moved in the last interval
// and in the last minute, and its totals. From these, rows.h makes the rows of a view.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/containers/grouping.h"
#include "core/screen/history.h"
#include "core/traffic/sample.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally::screen {

struct OnInterface {
  Traffic moved;  // in the last interval
  Traffic totals;
  MinuteHistory history;
};

struct BookEntry {
  std::string account;
  std::string label;  // as people call it
  ContainerName owner;
  bool reason = false;               // no cgroup
  Nanoseconds first_seen{};          // wall time
  bool from_the_start = false;       // it was there when the book began
  Nanoseconds interval{};            // of its last samples
  Nanoseconds last_sample{};         // boot time
  std::optional<Nanoseconds> ended;  // boot time
  Nanoseconds ended_wall{};
  std::optional<std::uint64_t> connections;
  std::optional<Nanoseconds> queue_delay;  // p99
  std::map<std::string, OnInterface> interfaces;
};

// What is known of a group from members that the book has forgotten.
struct KeptGroup {
  ContainerName owner;
  std::map<std::string, Traffic> totals;  // by interface
  std::uint64_t touched = 0;
};

// Filled by the screens of `live` and `replay` with the samples of each interval. Reads no ledger
// and knows nothing of views. Accounts that have ended are shown for `keep_ended` after their last
// sample; what they moved stays in the totals of their groups.
class AccountBook {
 public:
  explicit AccountBook(Nanoseconds keep_ended = std::chrono::seconds{30})
      : keep_ended_(keep_ended) {}

  // An account that ended before the book began: its totals stay with its groups.
  void recall(const std::string& account, const ContainerName& owner, const std::string& iface,
              const Traffic& totals);
  // Adds the samples of one interval; an account that is not in them has moved nothing.
  void add(const std::vector<Sample>& samples, const Moment& now);
  // If `complete`, an account that is missing has no connections.
  void set_connections(const std::map<std::string, TcpSummary>& by_account, bool complete);

  [[nodiscard]] const std::map<std::string, BookEntry>& entries() const { return entries_; }
  // Not ended, or not long ago.
  [[nodiscard]] bool is_current(const BookEntry& entry) const {
    return !entry.ended || now_.boot - entry.last_sample <= keep_ended_;
  }
  [[nodiscard]] const std::map<std::string, KeptGroup>& kept(Grouping by) const;
  // What of `(retired)` is in the totals of groups, by interface.
  [[nodiscard]] const std::map<std::string, Traffic>& recalled(Grouping by) const;
  [[nodiscard]] const std::set<std::string>& interfaces() const { return interfaces_; }
  [[nodiscard]] const Moment& now() const { return now_; }
  [[nodiscard]] bool knows_connections() const { return knows_connections_; }

 private:
  void add_sample(const Sample& sample);
  void forget_oldest();
  void keep(Grouping by, const std::string& account, const ContainerName& owner,
            const std::string& iface, const Traffic& totals);

  Nanoseconds keep_ended_;
  Moment now_;
  std::map<std::string, BookEntry> entries_;
  std::map<Grouping, std::map<std::string, KeptGroup>> kept_;  // by the group's account
  std::map<Grouping, std::map<std::string, Traffic>> recalled_;
  std::set<std::string> interfaces_;
  std::uint64_t ticks_ = 0;
  bool knows_connections_ = false;
};

}  // namespace cgtally::screen
