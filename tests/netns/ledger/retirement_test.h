// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of retirement: a reader that checks that no total falls from one reading to
// the next, and traffic that goes on while its accounts are retired.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/retire_journal.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "adapters/sys/clock.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline Nanoseconds now() { return sys::now().boot; }
inline Account of(const Cgroup& cgroup) { return {AccountKind::cgroup, cgroup.id()}; }

// Follows a ledger from its beginning. The traffic of an account over all its lives is the sum of
// its final_totals and of its totals in the ledger; neither that nor the sum of the ledger may ever
// fall.
class Follower {
 public:
  explicit Follower(const bpf::Ledger& ledger);
  void look();
  [[nodiscard]] Traffic of(const InterfaceAccount& account) const;  // in all lives
  [[nodiscard]] int final_totals(const InterfaceAccount& account) const;
  [[nodiscard]] Traffic sum() const { return sum_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] const bpf::LedgerReading& last() const { return last_; }
  // The first fault; empty if there was none.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  void check(bool holds, const std::string& what, const Traffic& before, const Traffic& now);

  bpf::TotalsReader cells_;
  bpf::FinalTotalsReader final_totals_;
  std::map<InterfaceAccount, Traffic> ended_;
  std::map<InterfaceAccount, int> endings_;
  std::map<InterfaceAccount, Traffic> of_;
  Traffic sum_;
  std::uint64_t lost_ = 0;
  bpf::LedgerReading last_;
  std::string fault_;
};

// A Follower that reads over and over in a thread of its own.
class Watch {
 public:
  explicit Watch(const bpf::Ledger& ledger);
  ~Watch();
  [[nodiscard]] Follower& end();  // after one last reading
  [[nodiscard]] int looks() const { return looks_; }

 private:
  Follower follower_;
  std::atomic<bool> over_ = false;
  std::atomic<int> looks_ = 0;
  std::thread thread_;
};

// Sends datagrams of each cgroup's socket, in both directions, as long as it lives.
class Traffics {
 public:
  Traffics(const Wire& wire, const std::vector<const Cgroup*>& cgroups);
  ~Traffics() { end(); }
  void end();

 private:
  void run();

  std::vector<sys::Fd> sockets_;
  sys::Fd remote_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace cgtally::harness
