// SPDX-License-Identifier: Apache-2.0
// Aftermaths in the ledger, by the ids of the cgroups that ended: they outlive the pod and the
// keeper, and go with the ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/base/result.h"
#include "core/lifecycle/aftermath.h"

namespace cgtally::bpf {

// A view of the map. Any number of processes may read; only the observer, the keeper or a private
// session, writes. Holds no state.
class Aftermaths {
 public:
  // The caller keeps the file descriptor open: Ledger::fd("aftermaths").
  explicit Aftermaths(int map_fd) : fd_(map_fd) {}

  // Of the last end of the container to which the cgroup belongs: the container's own cgroup, or
  // that of its processes below it.
  [[nodiscard]] std::optional<Aftermath> find(std::uint64_t cgroup_id) const;
  // Those that can be listed while the observer writes.
  using OnAftermath = std::function<void(std::uint64_t cgroup_id, const Aftermath& aftermath)>;
  void for_each(const OnAftermath& on_aftermath) const;

  [[nodiscard]] Result<void> write(std::uint64_t cgroup_id, const Aftermath& aftermath) const;
  // Those that an observer watched when it ended, because it was killed.
  void cut_unfinished() const;
  [[nodiscard]] std::size_t size() const;
  // Forgets half of all, those whose end is longest ago.
  void forget_oldest() const;
  [[nodiscard]] static std::size_t room();

 private:
  int fd_;
};

}  // namespace cgtally::bpf
