// SPDX-License-Identifier: Apache-2.0
// The members of PacketPrograms: the ledger, and for each interface its programs and hooks. For
// packet_programs.cpp and packet_programs_attach.cpp only.
#pragma once

#include <bpf/libbpf.h>
#include <liveness.skel.h>
#include <tally.skel.h>
#include "cgtally/abi.h"

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bpf/base/conntrack_watch.h"
#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "adapters/bpf/loading/shared_programs.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/bpf/programs/program_cost.h"
#include "adapters/bpf/programs/tcp_watch.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {

// One interface with its programs and hooks. Members are destroyed from last to first: egress
// before ingress, which may have made the qdisc, and both before their programs.
struct Attached {
  Attachment what;
  cgt_interface record{};
  std::shared_ptr<SharedPrograms> shared;
  sys::Fd windows;  // of a private ledger; a pinned one has them below its directory
  std::optional<Hook> ingress;
  std::optional<Hook> egress;
  Nanoseconds seen_attached{};                              // boot time
  std::optional<ReattachedHook> unreported = std::nullopt;  // a gap before this process started
  NetnsKey netns{};
  std::array<Nanoseconds, 2> seen_first{};  // boot time; ingress, egress
  Nanoseconds last_move{};                  // of either filter to the head; boot time
};

inline const bpf_program* program_of(const tally_bpf& programs, HookDirection direction) {
  return direction == HookDirection::ingress ? programs.progs.cgt_ingress
                                             : programs.progs.cgt_egress;
}

struct PacketPrograms::Impl {
  Ledger ledger;
  std::string directory;  // of the pinned links; empty: a private ledger
  KernelFacts facts = probe_kernel();
  ConntrackWatch conntrack{facts.conntrack_lookup};
  Skeleton<liveness_bpf> liveness_program;
  bpf_link* liveness_link = nullptr;
  std::optional<TcpWatch> tcp_watch;  // absent where nothing is cached
  TotalsReader cells{ledger};
  sys::Fd run_time_statistics;
  Nanoseconds statistics_on_since{};           // boot time, if they are
  Nanoseconds measured{};                      // how long they were on before
  std::optional<Nanoseconds> statistics_time;  // the least that was found
  std::list<Attached> attached;
  std::vector<Attachment> attachments;
  std::vector<std::uint32_t> netns_keys;
  std::vector<std::shared_ptr<SharedPrograms>> loaded;  // for interfaces that come
  ProgramCost past_cost;                                // of programs that were unloaded
  std::shared_ptr<OriginProgram> origin;

  Impl(Ledger own, std::string links) : ledger(std::move(own)), directory(std::move(links)) {}
  ~Impl() {
    attached.clear();
    if (liveness_link && pinned()) bpf_link__disconnect(liveness_link);
    bpf_link__destroy(liveness_link);
  }
  [[nodiscard]] bool pinned() const { return !directory.empty(); }

  Result<void> create_liveness_link();
  Result<void> watch_tcp();
  std::pair<InterfaceKey, cgt_interface> record_of(const Interface& link, const std::string& label);
  [[nodiscard]] bool is_attached_at(InterfaceKey key, const cgt_interface& record,
                                    int ifindex) const;
  Result<void> reserve_reasons(InterfaceKey key, cgt_interface& record);
  void release_reasons(InterfaceKey key, const cgt_interface& record, std::uint32_t count);
  Result<Hook> take_over(int program_fd, const Attached& one, HookDirection direction) const;
  Result<bool> attach_hook(Attached& one, HookDirection direction);
  Result<Hook> attach_new(int program_fd, const Attached& one, HookDirection direction) const;
  Result<void> attach(Attached& one, NetnsKey netns);
  bool reattach(Attached& one);
  Result<void> reload(Attached& one);
  Result<void> reattach(Attached& one, HookDirection direction);
  // Moves a filter that was displaced back to the head.
  std::optional<ReattachedHook> move_to_head(Attached& one, Nanoseconds now);
  Result<void> move_to_head(Attached& one, HookDirection direction);
  [[nodiscard]] ProgramConfig config_of(const Attached& one);
  Result<std::shared_ptr<SharedPrograms>> programs_for(const Attached& one);
  Result<void> enter(Attached& one, SharedPrograms& programs) const;
  [[nodiscard]] Result<sys::Fd> open_windows(const Attached& one) const;
  void detach(Attached& one);
  void leave(Attached& one);
  void unload_unused(std::uint32_t netns_key);
  [[nodiscard]] ProgramCost cost() const;
  [[nodiscard]] bool uses_filters(const Attached& one) const;
  static ReattachedHook record_gap(Attached& one, Nanoseconds now);
  Result<void> write_record(Attached& one);
  Result<void> record_intent(Attached& one, const SharedPrograms& programs);
  [[nodiscard]] std::string pin_of(InterfaceKey key, HookDirection direction) const;
  void list_attachments();
};

}  // namespace cgtally::bpf
