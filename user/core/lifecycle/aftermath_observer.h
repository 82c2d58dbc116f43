// SPDX-License-Identifier: Apache-2.0
// From looks at a pod to the aftermath of a container's end in it. Looks in, a value out: the
// caller has the clock, reads the counters and writes the result down.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.h"
#include "core/lifecycle/aftermath.h"
#include "core/traffic/traffic.h"

namespace cgtally {

// The counters of one netns' TCP, of IPv4 and IPv6 together, as /proc/net/snmp has them.
struct NetnsTcpCounts {
  std::uint64_t attempt_fails = 0;
  std::uint64_t out_rsts = 0;
  std::uint64_t estab_resets = 0;
  bool operator==(const NetnsTcpCounts&) const = default;
};

// The readings of a netns' counters up to now, of which an end needs the last: between the close of
// a listener and the moment in which its cgroup is empty, others are refused already.
class RefusalHistory {
 public:
  void add(const NetnsTcpCounts& counts, Nanoseconds now);
  // What was refused up to now belongs to an end that is being watched, and to no later one.
  void end_run();
  struct Taken {
    NetnsTcpCounts counts;
    Nanoseconds at{};
  };
  // The last reading that is not later than `time`, of the last two; empty: there is none.
  [[nodiscard]] std::optional<Taken> before(Nanoseconds time) const;
  // The count of refusals, and the time, at which the unbroken run of them began that goes up to
  // the last reading.
  [[nodiscard]] std::uint64_t run_base() const { return run_base_; }
  [[nodiscard]] Nanoseconds run_began() const { return run_began_; }

 private:
  std::optional<Taken> last_;
  std::optional<Taken> last_but_one_;
  std::uint64_t run_base_ = 0;
  Nanoseconds run_began_{};
  Nanoseconds last_refusal_{};
};

// What is seen of the pod at one time.
struct PodLook {
  Nanoseconds at{};                      // CLOCK_BOOTTIME
  std::optional<NetnsTcpCounts> counts;  // empty: they cannot be read now
  std::optional<Traffic> traffic;        // of the siblings, from the first look; empty: as before
  bool successor = false;                // another container has begun in the netns
  bool gone = false;                     // it has no process any more
};

// One for each end. Call update() until state() is not `watching` any more.
class AftermathObserver {
 public:
  static constexpr Nanoseconds kQuietAfter = std::chrono::seconds{3};
  static constexpr Nanoseconds kLimit = std::chrono::seconds{60};

  AftermathObserver(Nanoseconds ended, std::uint64_t netns, std::uint32_t siblings,
                    const RefusalHistory& history);

  void update(const PodLook& look);
  // What the ports of this and other netns have refused since the end.
  void name(const std::vector<PortRefusals>& since_end);
  // The observer must end: what comes from now on is not known.
  void cut();
  [[nodiscard]] const Aftermath& result() const { return result_; }
  [[nodiscard]] AftermathState state() const { return result_.state; }
  // Looks have to be frequent, because something was refused lately or the end is not long ago.
  [[nodiscard]] bool is_lively(Nanoseconds now) const;

 private:
  void update_counts(const NetnsTcpCounts& counts, Nanoseconds after);
  void update_traffic(const Traffic& traffic, Nanoseconds after);
  [[nodiscard]] AftermathState judge(const PodLook& look, Nanoseconds after) const;

  Aftermath result_;
  std::optional<NetnsTcpCounts> base_;
  Nanoseconds last_activity_{};  // after the end
  Nanoseconds last_refusal_{};
  bool looked_ = false;
};

}  // namespace cgtally
