// SPDX-License-Identifier: Apache-2.0
#include "core/health/egress_queue.h"

#include <algorithm>
#include <utility>

namespace cgtally {

Bytes EgressQueue::sent(Bytes counted, const QueueReading& now) {
  const auto before = std::exchange(last_, now);
  // What waits in the first reading may have been counted before it.
  std::uint64_t left =
      before ? waiting_.value + counted.value : std::max(counted.value, now.waiting.value);
  const bool same = before && before->kind == now.kind && now.sent >= before->sent;
  if (same && now.dropped > before->dropped) {
    // Only then are the queue's own bytes taken: without drops ours are more exact.
    const std::uint64_t passed = now.sent.value - before->sent.value + now.waiting.value;
    left = std::min(left, passed);
  }
  waiting_ = {std::min(left, now.waiting.value)};
  return {left - waiting_.value};
}

}  // namespace cgtally
