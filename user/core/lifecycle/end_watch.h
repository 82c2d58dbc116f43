// SPDX-License-Identifier: Apache-2.0
// Decides when a begin or an end is told: a begin at once, an end when nothing comes any more, or
// after a minute.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/lifecycle/containers.h"
#include "core/lifecycle/row.h"

namespace cgtally::lifecycle {

// Whether the keeper still watches the pod after the container's end.
enum class PodWatch : std::uint8_t { none, going_on, over };

struct Happening {
  Event event = Event::begun;
  Nanoseconds at{};  // boot time
  ContainerLife container;
  Extent extent = Extent::complete;
};

// Fed with all lives again and again by LifecycleMonitor. Tells each begin and each end once, the
// oldest first. Reads no map and no clock.
class EndWatch {
 public:
  // An end is over when nothing has come for so long: at all, or any more. The second is longer,
  // because a connection is tried again after 1 s, 2 s, 4 s...
  static constexpr Nanoseconds kSilentAtAll = std::chrono::seconds{3};
  static constexpr Nanoseconds kSilentAgain = std::chrono::seconds{10};
  static constexpr Nanoseconds kLongest = std::chrono::seconds{60};

  // Asked once for each end, until it is told.
  using PodOf = std::function<PodWatch(std::uint64_t cgroup_id)>;
  [[nodiscard]] std::vector<Happening> update(const std::vector<ContainerLife>& lives,
                                              const PodOf& pod_of, Nanoseconds now);
  // The ends that were not told yet, as far as they are known.
  [[nodiscard]] std::vector<Happening> finish();
  [[nodiscard]] bool waits() const { return !pending_.empty(); }

 private:
  struct Told {
    std::optional<Nanoseconds> begun;
    std::optional<Nanoseconds> ended;
    std::uint64_t round = 0;
  };
  void see(const ContainerLife& one, std::vector<Happening>& happenings);
  [[nodiscard]] static std::optional<Extent> extent_of(const ContainerLife& one, PodWatch pod,
                                                       Nanoseconds now);

  std::map<std::uint64_t, Told> told_;
  std::map<std::uint64_t, ContainerLife> pending_;
  std::uint64_t round_ = 0;
};

}  // namespace cgtally::lifecycle
