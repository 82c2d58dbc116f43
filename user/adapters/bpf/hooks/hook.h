// SPDX-License-Identifier: Apache-2.0
// One tc program at one interface and direction: at the head of the tcx chain if the kernel has tcx
// (6.6), otherwise as a clsact filter at the head of the first preference that takes it. Never
// both, because both would run and count twice.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/netns/netns.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

enum class HookDirection : std::uint8_t { ingress, egress };
enum class HookKind : std::uint8_t { tcx, clsact };

// The handle of our filters, or the next free one. Only a courtesy to people who look: our filters
// are found by their programs.
inline constexpr std::uint32_t kFilterHandle = 0xc67a11;

// An attached program. PacketPrograms has two for each interface. Detaches on destruction what it
// attached, and nothing else, unless keep() was called. Does not know which ledger the program
// fills.
class Hook {
 public:
  // The calling thread must be in the interface's netns.
  static Result<Hook> attach_tcx(int program_fd, int ifindex, HookDirection direction);
  static Result<Hook> attach_clsact(int program_fd, int ifindex, HookDirection direction);

  // Replaces the program of a hook that an earlier process kept: no packet meets neither program or
  // both. ENOENT: the hook is not attached any more. Also finds a pin that a killed process had not
  // yet renamed into place.
  static Result<Hook> take_over_tcx(int program_fd, int ifindex, const std::string& pin);
  // Tells whether the link at `pin` is attached at the interface.
  static bool is_link_at(int ifindex, const std::string& pin);
  struct Filter {
    std::uint32_t preference = 0;
    std::uint32_t handle = 0;
    std::uint32_t program_id = 0;
    std::uint32_t next_program_id = 0;  // the one that is about to replace it, or has
    bool made_qdisc = false;            // the qdisc is ours to remove
  };
  static Result<Hook> take_over_clsact(int program_fd, int ifindex, HookDirection direction,
                                       const Filter& kept);

  // Finds a filter that another process kept: its preference now, and which of the two programs it
  // runs.
  static std::optional<Filter> find_filter(int ifindex, HookDirection direction,
                                           const Filter& kept);
  // Finishes a move to the head that a killed process began, if it did: only the filter at the head
  // stays. Nothing is counted twice, or not at all.
  static void finish_move(int ifindex, HookDirection direction, const Filter& kept);
  // Removes a filter that another process kept, and its qdisc if that is ours and empty. Does
  // nothing if the filter is not there.
  static void remove_filter(int ifindex, HookDirection direction, const Filter& kept);

  // Replaces the program of an attached hook: no packet meets neither program or both. The calling
  // thread must be in the interface's netns. After an Error the hook is as before.
  Result<void> replace(int program_fd);

  // From now on the hook stays attached without this process. A tcx link is pinned at `pin`, and
  // held open, too, while this process has descriptors left: the link then survives its pin.
  Result<void> keep(const std::string& pin);
  // Tells whether the program is still attached: a link survives its device, and anyone may delete
  // a filter. The calling thread must be in the interface's netns.
  [[nodiscard]] bool attached() const;
  // Names the filter of somebody else that runs before ours though ours could come first; empty if
  // there is none, and for tcx. The calling thread must be in the interface's netns.
  [[nodiscard]] std::string displaced_by() const;
  // Makes our filter the first of its preference again, so that each packet is counted once: the
  // old filter follows, and counts what the leading one has not, until it is deleted. In the end
  // `stays` is attached. `record` notes which programs may be attached, before each step.
  struct MoveProgram {
    int fd = -1;
    std::uint32_t id = 0;
  };
  struct MovePrograms {
    MoveProgram leads, follows, stays;
  };
  using RecordMove = std::function<Result<void>(std::uint32_t program, std::uint32_t next_program)>;
  Result<void> move_to_head(const MovePrograms& programs, const RecordMove& record);
  // Detaches the program, also if it is kept.
  void remove();
  // The clsact filter; all zero for tcx.
  [[nodiscard]] Filter filter() const;

  Hook(Hook&& other) noexcept;
  Hook& operator=(Hook&& other) noexcept;
  ~Hook();

 private:
  // The position of a clsact filter. A tcx link needs no such record.
  struct FilterLocation {
    netns::Netns netns;
    int ifindex;
    HookDirection direction;
    Filter filter;
  };

  explicit Hook(sys::Fd link) : link_(std::move(link)) {}
  [[nodiscard]] sys::Fd opened_pin() const;
  [[nodiscard]] bool has_link() const { return link_ || !pin_.empty(); }
  explicit Hook(FilterLocation location) : location_(std::move(location)) {}

  sys::Fd link_;     // not open: the pin has it, or this is a filter
  std::string pin_;  // of the tcx link, after keep()
  std::optional<FilterLocation> location_;
  bool kept_ = false;
};

// A filter of ours whose process has ended: no living cgtally uses the maps of its program.
struct OrphanedFilter {
  HookDirection direction = HookDirection::ingress;
  std::uint32_t preference = 0;
  std::uint32_t handle = 0;
  std::string name;  // of its program
};
// The calling thread must be in the interface's netns.
Result<std::vector<OrphanedFilter>> orphaned_filters(int ifindex);
// Deletes the orphaned filters and returns how many there were.
Result<int> remove_orphaned_filters(int ifindex);
// Deletes the filters of cgt_origin and cgt_refused, whichever process attached them, that work for
// the ledger whose map has that id. The calling thread must be in the interface's netns.
void remove_origin_filters(int ifindex, std::uint32_t map_id);

}  // namespace cgtally::bpf
