// SPDX-License-Identifier: Apache-2.0
// One tc program on one interface and direction. At the head of the tcx chain where the kernel has
// it (6.6), else a clsact filter with our fixed handle at the first free preference; never both, as
// both would run and count twice. Detaches what it attached when it goes, and nothing else.
#pragma once

#include <cstdint>
#include <optional>

#include "adapters/netns/netns.h"
#include "adapters/sys/fd.h"
#include "core/result.h"

namespace cgtally::bpf {

enum class HookDirection : std::uint8_t { ingress, egress };

// How a restarted program knows filters that a killed one left behind.
inline constexpr std::uint32_t kFilterHandle = 0xc67a11;

class Hook {
 public:
  // Whether the kernel takes tcx links; asked once, without attaching anything.
  static bool kernel_has_tcx(int program_fd);

  // The calling thread must be in the interface's netns.
  static Result<Hook> attach_tcx(int program_fd, int ifindex, HookDirection direction);
  static Result<Hook> attach_clsact(int program_fd, int ifindex, HookDirection direction);

  Hook(Hook&& other) noexcept;
  Hook& operator=(Hook&& other) noexcept;
  ~Hook();

 private:
  // Where a filter hangs; the link of tcx needs none of this.
  struct Place {
    netns::Netns netns;
    int ifindex;
    HookDirection direction;
    std::uint32_t preference;
    std::uint32_t program_id;
    bool made_qdisc;
  };

  explicit Hook(sys::Fd link) : link_(std::move(link)) {}
  explicit Hook(Place place) : place_(std::move(place)) {}
  void detach();
  [[nodiscard]] static bool is_ours(const Place& place);

  sys::Fd link_;
  std::optional<Place> place_;
};

// Deletes filters of ours whose owner is dead: their programs' maps are known to no living cgtally
// (`owner_alive` tells by program id). The calling thread must be in the interface's netns.
Result<int> remove_dead_filters(int ifindex, bool (*owner_alive)(std::uint32_t program_id));

}  // namespace cgtally::bpf
