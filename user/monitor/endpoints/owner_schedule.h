// SPDX-License-Identifier: Apache-2.0
// When to look for the owners of namespaces that have none yet: soon after they came, then less and
// less often, because a runtime makes the namespace before the processes in it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "core/base/units.h"

namespace cgtally::monitor {

// NetnsEndpoints has one. After the last of its looks the watcher's slow ones are enough.
class OwnerSchedule {
 public:
  // `unowned` are the ids of the netns without an owner at the time `now`.
  void update(const std::set<int>& unowned, Nanoseconds now) {
    std::erase_if(looks_, [&](const auto& item) { return !unowned.contains(item.first); });
    for (const int nsid : unowned) looks_.try_emplace(nsid, Looks{.since = now});
  }
  // A look has been taken that began at `began`.
  void looked(Nanoseconds began) {
    for (auto& [nsid, looks] : looks_) {
      while (looks.done < kAfter.size() && looks.next() <= began) ++looks.done;
    }
  }
  [[nodiscard]] std::optional<Nanoseconds> due() const {
    std::optional<Nanoseconds> first;
    for (const auto& [nsid, looks] : looks_) {
      if (looks.done == kAfter.size()) continue;
      first = std::min(first.value_or(looks.next()), looks.next());
    }
    return first;
  }

 private:
  static constexpr std::array<Nanoseconds, 9> kAfter = {
      std::chrono::milliseconds{0},   std::chrono::milliseconds{10},  std::chrono::milliseconds{30},
      std::chrono::milliseconds{100}, std::chrono::milliseconds{300}, std::chrono::seconds{1},
      std::chrono::seconds{2},        std::chrono::seconds{3},        std::chrono::seconds{5}};
  struct Looks {
    Nanoseconds since{};
    std::size_t done = 0;
    [[nodiscard]] Nanoseconds next() const { return since + kAfter.at(done); }
  };
  std::map<int, Looks> looks_;
};

}  // namespace cgtally::monitor
