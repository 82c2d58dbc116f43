// SPDX-License-Identifier: Apache-2.0
// What tests of retirement share: a reader that watches every reading for a total that falls, and
// traffic that does not stop while accounts are taken away under it.
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
#include "harness/host/cgroup.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Follows a ledger from its beginning. What an account did in all its lives is what the
// final_totals say and what the ledger holds of it; neither that nor the sum of the ledger may ever
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
  [[nodiscard]] const std::string& fault() const { return fault_; }  // the first; empty: none

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

// A Follower that looks again and again in a thread of its own.
class Watch {
 public:
  explicit Watch(const bpf::Ledger& ledger);
  ~Watch();
  [[nodiscard]] Follower& end();  // one last look
  [[nodiscard]] int looks() const { return looks_; }

 private:
  Follower follower_;
  std::atomic<bool> over_ = false;
  std::atomic<int> looks_ = 0;
  std::thread thread_;
};

// Datagrams of each cgroup's socket, both ways, until the end.
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
