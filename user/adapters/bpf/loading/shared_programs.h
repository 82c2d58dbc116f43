// SPDX-License-Identifier: Apache-2.0
// One load of the two tc programs, which the interfaces of a netns share: verifying takes a fifth
// of a second, attaching almost nothing. What differs between them (the key, the slots of the
// reasons, the windows) is in a table that the programs look into by the ifindex.
#pragma once

#include <tally.skel.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/loading/program_loader.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

struct bpf_map;

namespace cgtally::bpf {

// The maps `cgt_interfaces_here` and `cgt_windows` of one load. Does not know which entries are
// taken.
class InterfaceTable {
 public:
  // Sets the shape of the windows in `windows`, before that is loaded. Until then the result lives.
  static Result<sys::Fd> size_windows(bpf_map* windows, std::uint32_t cpus);
  // The windows of one interface, still in no table.
  static Result<sys::Fd> create_windows(std::uint32_t cpus);

  InterfaceTable(int interfaces_fd, int windows_fd, std::uint32_t size)
      : interfaces_fd_(interfaces_fd), windows_fd_(windows_fd), size_(size) {}

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::uint32_t index_of(int ifindex) const {
    return static_cast<std::uint32_t>(ifindex) % size_;
  }
  // `reason_slots` by enum cgt_kind. From then on packets are counted under the key.
  [[nodiscard]] Result<void> write(std::uint32_t index, std::uint32_t key,
                                   std::span<const std::uint32_t> reason_slots) const;
  [[nodiscard]] Result<void> write_windows(std::uint32_t index, int windows_fd) const;
  // The windows of the entry end with it, if nobody else holds them.
  void clear_windows(std::uint32_t index) const;

 private:
  int interfaces_fd_;
  int windows_fd_;
  std::uint32_t size_;
};

// The programs, and which ifindexes have an entry in their table. PacketPrograms has as many as it
// needs for entries not to meet. Attaches nothing.
class SharedPrograms {
 public:
  static Result<std::shared_ptr<SharedPrograms>> load(const ProgramConfig& config);

  // Whether an interface of that netns and kind can be counted by these programs.
  [[nodiscard]] bool serve(std::uint32_t netns_key, bool ethernet) const;
  [[nodiscard]] bool have_room_for(int ifindex) const;
  // Before a hook is attached at the interface. `windows_fd` -1: no windows are kept. (The kernel
  // lets all runs end before it returns from a change of the windows, so none that began for the
  // interface before is counted here.)
  Result<void> enter(int ifindex, const cgt_interface& record, std::uint32_t key, int windows_fd);
  // After its hooks are gone.
  void leave(int ifindex);
  [[nodiscard]] bool unused() const { return taken_.empty(); }

  [[nodiscard]] const tally_bpf& programs() const { return *programs_; }
  [[nodiscard]] bool keep_windows() const { return programs_->rodata->window_ns != 0; }
  // Ingress, egress.
  [[nodiscard]] std::array<std::uint32_t, 2> ids() const;

 private:
  SharedPrograms(Skeleton<tally_bpf> programs, InterfaceTable table)
      : programs_(std::move(programs)), table_(table) {}

  Skeleton<tally_bpf> programs_;
  InterfaceTable table_;
  std::map<std::uint32_t, int> taken_;  // index in the table -> ifindex
};

}  // namespace cgtally::bpf
