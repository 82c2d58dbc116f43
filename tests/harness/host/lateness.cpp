// SPDX-License-Identifier: Apache-2.0
#include "harness/host/lateness.h"

#include <algorithm>
#include <chrono>

namespace cgtally::harness {
namespace {

constexpr Nanoseconds kTurn = std::chrono::milliseconds(2);

}  // namespace

Lateness::Lateness()
    : thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto due = std::chrono::steady_clock::now() + kTurn;
          std::this_thread::sleep_until(due);
          const Nanoseconds late = std::chrono::steady_clock::now() - due;
          worst_ = std::max(worst_.load(), std::int64_t{late.count()});
        }
      }) {}

void give_time(Nanoseconds length) {
  (void)comes_true_within(length, [] { return false; });
}

bool comes_true_within(Nanoseconds length, const std::function<bool()>& holds) {
  for (Nanoseconds slept{}; slept < length; slept += kTurn) {
    if (holds()) return true;
    std::this_thread::sleep_for(kTurn);
  }
  return holds();
}

}  // namespace cgtally::harness
