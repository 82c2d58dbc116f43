// SPDX-License-Identifier: Apache-2.0
// A device with programs attached, and both sides of the comparison since that moment: what each
// account has, and what crossed the wire.
#pragma once

#include <map>
#include <ostream>

#include "adapters/bpf/programs/packet_programs.h"
#include "core/traffic/account.h"
#include "core/traffic/reading.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

// The totals of one interface's accounts.
class Books {
 public:
  Books() = default;
  Books(const std::vector<AccountTotals>& totals, InterfaceKey key);

  // Bytes and packets alone, as device counters have them.
  [[nodiscard]] Traffic sum() const;
  [[nodiscard]] Traffic of(AccountKind reason) const;
  [[nodiscard]] Traffic of(const Cgroup& cgroup) const;
  [[nodiscard]] Traffic of(const Account& account) const;
  // The rest.
  [[nodiscard]] TcpCounts tcp_of(const Account& account) const;
  [[nodiscard]] TcpCounts tcp_of(const Cgroup& cgroup) const;
  [[nodiscard]] const std::map<Account, Traffic>& accounts() const { return accounts_; }
  bool operator==(const Books&) const = default;

 private:
  std::map<Account, Traffic> accounts_;
};
std::ostream& operator<<(std::ostream& out, const Books& books);

enum class HookChoice {
  newest,  // what the programs choose by themselves
  clsact,  // this kernel pretends to have no tcx
};

// Throws where the programs give an Error.
[[nodiscard]] bpf::PacketPrograms make_tally(HookChoice hook = HookChoice::newest,
                                             bpf::LedgerOptions options = {});
[[nodiscard]] InterfaceKey attach_to(bpf::PacketPrograms& tally, const MeasuredDevice& device,
                                     HookChoice hook = HookChoice::newest);

struct Settled {
  Books books;
  Traffic truth;
};

// The programs and the ledger are private: they go with the object. Throws if the test's own wire
// loses a frame, which would look like a wrong total.
class Counted {
 public:
  explicit Counted(MeasuredDevice device, HookChoice hook = HookChoice::newest,
                   bpf::LedgerOptions options = {});

  // Both sides, read while no packet was in flight. If they differ they have done so for 400 ms.
  [[nodiscard]] Settled settle() const;
  [[nodiscard]] Books books() const { return {tally_.read(), key_}; }
  [[nodiscard]] const bpf::PacketPrograms& tally() const { return tally_; }
  [[nodiscard]] bpf::PacketPrograms& tally() { return tally_; }
  [[nodiscard]] InterfaceKey key() const { return key_; }

 private:
  [[nodiscard]] Traffic truth() const { return difference(base_, device_.truth()); }
  [[nodiscard]] std::uint64_t arrived() const;
  void require_nothing_lost(const Traffic& truth) const;

  MeasuredDevice device_;
  bpf::PacketPrograms tally_;
  InterfaceKey key_;
  Traffic base_;
  std::uint64_t arrived_base_ = 0;
};

}  // namespace cgtally::harness
