// SPDX-License-Identifier: Apache-2.0
// One tc program on one interface and direction. At the head of the tcx chain where the kernel has
// it (6.6), else a clsact filter with our fixed handle at the first free preference; never both, as
// both would run and count twice. Detaches what it attached when it goes, and nothing else; once
// kept, it stays attached when this process ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/netns/netns.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

enum class HookDirection : std::uint8_t { ingress, egress };
enum class HookKind : std::uint8_t { tcx, clsact };

// How a restarted program knows filters that a killed one left behind.
inline constexpr std::uint32_t kFilterHandle = 0xc67a11;

class Hook {
 public:
  // The calling thread must be in the interface's netns.
  static Result<Hook> attach_tcx(int program_fd, int ifindex, HookDirection direction);
  static Result<Hook> attach_clsact(int program_fd, int ifindex, HookDirection direction);

  // What an earlier process kept: its program is replaced by ours, with no packet in between that
  // meets none or both. ENOENT: it is not attached any more. A pin that a killed process had not
  // yet put into its place counts too.
  static Result<Hook> take_over_tcx(int program_fd, int ifindex, const std::string& pin);
  struct Filter {
    std::uint32_t preference = 0;
    std::uint32_t program_id = 0;
    std::uint32_t next_program_id = 0;  // it may have been replaced by this one already
    bool made_qdisc = false;            // the qdisc is ours to remove
  };
  static Result<Hook> take_over_clsact(int program_fd, int ifindex, HookDirection direction,
                                       const Filter& kept);

  // Where a filter that another process kept is now, and with which of the two programs.
  static std::optional<Filter> find_filter(int ifindex, HookDirection direction,
                                           const Filter& kept);
  // A filter that another process kept, and its qdisc if that is ours and empty. Nothing happens if
  // it is not there.
  static void remove_filter(int ifindex, HookDirection direction, const Filter& kept);

  // Stays attached without this process from now on; `pin` is where its tcx link is found again.
  Result<void> keep(const std::string& pin);
  // Whether it still hangs where it was attached: a link survives its device, a filter may be
  // deleted by anybody. The calling thread must be in the interface's netns.
  [[nodiscard]] bool attached() const;
  // Detaches also what is kept.
  void remove();
  // Of a clsact filter; all zero for tcx.
  [[nodiscard]] Filter filter() const;

  Hook(Hook&& other) noexcept;
  Hook& operator=(Hook&& other) noexcept;
  ~Hook();

 private:
  // Where a filter hangs; the link of tcx needs none of this.
  struct FilterLocation {
    netns::Netns netns;
    int ifindex;
    HookDirection direction;
    Filter filter;
  };

  explicit Hook(sys::Fd link) : link_(std::move(link)) {}
  explicit Hook(FilterLocation location) : location_(std::move(location)) {}

  sys::Fd link_;
  std::string pin_;  // of the link, once kept
  std::optional<FilterLocation> location_;
  bool kept_ = false;
};

// Filters of ours whose owner is dead: their programs' maps are known to no living cgtally
// (`owner_process_alive` tells by program id). The calling thread must be in the interface's netns.
struct OrphanedFilter {
  HookDirection direction = HookDirection::ingress;
  std::uint32_t preference = 0;
  std::string name;  // of its program
};
Result<std::vector<OrphanedFilter>> orphaned_filters(
    int ifindex, bool (*owner_process_alive)(std::uint32_t program_id));
// Deletes them; how many there were.
Result<int> remove_orphaned_filters(int ifindex,
                                    bool (*owner_process_alive)(std::uint32_t program_id));

}  // namespace cgtally::bpf
