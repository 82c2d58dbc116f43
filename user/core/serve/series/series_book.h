// SPDX-License-Identifier: Apache-2.0
// SeriesBook: which accounts have counters of their own at /metrics, and what these counters say. A
// counter never falls while its series is there, its rate never shows what was no traffic, and the
// number of series is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/traffic/sample.h"

namespace cgtally::serve {

// The account of what accounts without series of their own have moved.
inline constexpr std::string_view kRestName = "(rest)";

struct Counter {
  Traffic value;
  Nanoseconds created{};  // wall time at which it was zero
};

struct AccountSeries {
  std::string iface;
  std::string account;
  ContainerName owner{};
  Counter counter;
};

struct InterfaceSeries {
  std::string iface;
  Counter all;     // what the ledger counted
  Traffic listed;  // of it, what the account series have, (rest) included
};

// What a scrape shows, accounts of an interface beside each other.
struct SeriesPage {
  std::vector<AccountSeries> accounts;
  std::vector<InterfaceSeries> interfaces;
  std::size_t exported = 0;  // accounts of cgroups that have series, ended ones too
  std::size_t rest = 0;
  std::size_t ended = 0;
};

// The part of a book that is saved across restarts; saved_series.h writes and reads it.
struct SavedBook {
  struct Interface {
    std::string name;
    Counter all;
    std::optional<Counter> rest;
  };
  struct Account {
    std::string name;
    ContainerName owner{};
    bool reason = false;
    std::optional<Nanoseconds> ended;  // boot time
    std::set<std::uint64_t> lives;     // cgroups that have not ended
    std::map<std::string, Counter> interfaces{};
  };
  std::vector<Interface> interfaces;
  std::vector<Account> accounts;
};

// The totals of a reading as the samples of an interval in which all of them were moved.
[[nodiscard]] std::vector<Sample> opening_samples(
    const Reading& reading, const std::function<AccountName(std::uint64_t cgroup_id)>& name_of,
    const std::function<std::string(InterfaceKey)>& interface_name_of);

// `serve` feeds it with the samples of each interval. Cgroups that have the same path, one after
// the other, are one account. An account gets series when it moves something and less than `top`
// have them, keeps them until its last cgroup has ended, and loses them once a scrape has seen the
// last value, and kKeepEnded has passed. Knows nothing of texts and sockets.
class SeriesBook {
 public:
  static constexpr Nanoseconds kKeepEnded = std::chrono::minutes{5};

  explicit SeriesBook(std::size_t top) : top_(top) {}

  // The values at the begin, by opening_samples(): the accounts with most bytes get series.
  // `since`: when the ledger began.
  void begin(const std::vector<Sample>& opening, const Moment& since);
  // Instead of begin(): goes on where a book was saved. The next samples begin at that moment.
  void restore(const SavedBook& saved, const Moment& since);
  // A new ledger: each total begins again, and so does each counter.
  void begin_again(const Moment& since);

  // The samples of the next interval, which ends `now`. Returns the number of the page that has
  // them.
  std::uint64_t add(const std::vector<Sample>& samples, const Moment& now);
  // A scrape has seen the page of this number.
  void acknowledge(std::uint64_t page_number);
  // An idle account may end without a sample. Asks for each cgroup whether it has.
  void check_ends(const std::function<bool(std::uint64_t cgroup_id)>& has_ended, const Moment& now);

  [[nodiscard]] bool has_interface(const std::string& name) const {
    return interfaces_.contains(name);
  }
  [[nodiscard]] SeriesPage page() const;
  [[nodiscard]] SavedBook saved() const;

 private:
  struct Entry {
    ContainerName owner{};
    bool reason = false;
    std::set<std::uint64_t> lives;
    std::optional<Nanoseconds> ended;  // boot time
    std::uint64_t changed = 0;         // number of the page with its last value
    std::map<std::string, Counter> interfaces{};
  };
  struct Interface {
    Counter all;
    std::optional<Counter> rest;
    Nanoseconds seen{};  // boot time
    std::uint64_t changed = 0;
  };
  void add(const Sample& sample);
  void add_to_account(const Sample& sample);
  [[nodiscard]] Nanoseconds created(const Sample& sample) const;
  void add_to_entry(Entry& entry, const Sample& sample);
  [[nodiscard]] bool has_room() const { return live_ < top_; }
  void end_if_over(Entry& entry, const Moment& now);
  void forget(const Moment& now);
  void count();

  std::size_t top_;
  Moment since_;
  std::uint64_t number_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::map<std::string, Entry> accounts_;
  std::map<std::string, Interface> interfaces_;
  std::set<std::string> rest_names_;
  std::size_t live_ = 0;  // accounts of cgroups that have series and have not ended
};

}  // namespace cgtally::serve
