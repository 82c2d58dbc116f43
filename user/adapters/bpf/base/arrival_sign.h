// SPDX-License-Identifier: Apache-2.0
// Tells whether an account may have come to a ledger, for one lookup in a map instead of a look at
// each slot. A program that gives out a slot counts that on the root's claim; what userspace takes
// changes the number of changes of interfaces.
#pragma once

#include <cstdint>

struct cgt_header;

namespace cgtally::bpf {

// TotalsReader and the keeper have one each. Knows nothing of accounts that go: the journal's
// generation tells of those.
class ArrivalSign {
 public:
  // The ledger's memory must outlive this.
  ArrivalSign(const cgt_header& header, int claims_fd) : header_(header), claims_fd_(claims_fd) {}

  // True at the first call, and if an account may have come since the previous call. Asked before
  // the slots are looked at: whoever comes meanwhile is told of at the next call.
  [[nodiscard]] bool has_changed();

 private:
  const cgt_header& header_;
  int claims_fd_;
  bool asked_ = false;
  std::uint64_t claims_made_ = 0;
  std::uint64_t interfaces_seq_ = 0;
};

}  // namespace cgtally::bpf
