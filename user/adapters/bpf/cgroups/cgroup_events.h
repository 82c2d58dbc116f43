// SPDX-License-Identifier: Apache-2.0
// Reports the creation and removal of cgroups of the unified hierarchy from the kernel's
// tracepoints, so that a cgroup that existed for 10 ms still has a name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::bpf {

struct CgroupEvent {
  enum class Type : std::uint8_t {
    made,
    removed,
    begun,  // its first process came
    ended,  // its last process left
  } type;
  std::uint64_t cgroup_id;
  Nanoseconds boot;       // CLOCK_BOOTTIME
  std::string_view path;  // below the cgroup2 root: "/system.slice/x.service"
  // Of a cgroup whose path the kernel cuts (1 023 bytes): its parent, and `path` is its own name.
  std::optional<std::uint64_t> parent_id;
};

// The attached programs and their ring buffer, for one process. Private sessions use it; a pinned
// ledger has RegistryPrograms instead. fd() is readable while events wait.
class CgroupEvents {
 public:
  static Result<CgroupEvents> open();

  CgroupEvents(CgroupEvents&&) noexcept;
  CgroupEvents& operator=(CgroupEvents&&) noexcept;
  ~CgroupEvents();

  [[nodiscard]] int fd() const;
  // Calls `on_event` for each event that waits; never blocks.
  void drain(const std::function<void(const CgroupEvent&)>& on_event);
  [[nodiscard]] std::uint64_t lost() const;  // events for which the ring had no room

 private:
  struct Impl;
  explicit CgroupEvents(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
