// SPDX-License-Identifier: Apache-2.0
// From what was counted before an interface's queue to what left it. The instance pays for what is
// sent: bytes that wait in the queue are paid for later, and what the queue drops never is.
#pragma once

#include <optional>
#include <string>

#include "core/base/units.h"

namespace cgtally {

// The queue's own counters at one moment.
struct QueueReading {
  std::string kind;  // of the qdisc; empty: there is none
  Bytes waiting;
  Bytes sent;
  Packets dropped;
};

// One interface's queue from reading to reading. CreditMonitor owns one for each billed interface.
// It reads no device.
class EgressQueue {
 public:
  // `counted`: the bytes that came to the queue since the reading before. Returns the bytes that
  // left it; over all calls, none is left out but what waits now and what was dropped.
  Bytes sent(Bytes counted, const QueueReading& now);
  [[nodiscard]] Bytes waiting() const { return waiting_; }  // counted, and not paid for yet

 private:
  std::optional<QueueReading> last_;
  Bytes waiting_;
};

}  // namespace cgtally
