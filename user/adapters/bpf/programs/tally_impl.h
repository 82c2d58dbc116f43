// SPDX-License-Identifier: Apache-2.0
// What a Tally is made of: the ledger, and the programs of each interface with the hooks that they
// hang on. For tally.cpp and tally_attach.cpp only.
#pragma once

#include <bpf/libbpf.h>
#include <liveness.skel.h>
#include <tally.skel.h>
#include "cgtally/abi.h"

#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "adapters/bpf/programs/program_loader.h"
#include "adapters/bpf/programs/tally.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {

// One interface's programs and where they hang. Destroyed from the last member to the first: egress
// goes before ingress, which may have made the qdisc, and both before their programs.
struct Attached {
  Attachment what;
  cgt_interface record{};
  Skeleton<tally_bpf> programs;
  std::optional<Hook> ingress;
  std::optional<Hook> egress;
  Nanoseconds seen_attached{};                          // boot time
  std::optional<ReattachedHook> untold = std::nullopt;  // a loss before this process came
};

struct Tally::Impl {
  Ledger ledger;
  std::string directory;  // of the pinned links; empty: a private ledger
  KernelFacts facts = probe_kernel();
  Skeleton<liveness_bpf> mark_program;
  bpf_link* mark = nullptr;
  TotalsReader cells{ledger};
  sys::Fd run_time_statistics;
  std::list<Attached> attached;
  std::vector<Attachment> attachments;
  std::vector<std::uint32_t> netns_keys;
  ProgramCost past_cost;  // of programs that are detached

  Impl(Ledger own, std::string links) : ledger(std::move(own)), directory(std::move(links)) {}
  ~Impl() {
    attached.clear();
    if (mark && pinned()) bpf_link__disconnect(mark);
    bpf_link__destroy(mark);
  }
  [[nodiscard]] bool pinned() const { return !directory.empty(); }

  Result<void> make_mark();
  std::pair<InterfaceKey, cgt_interface> record_of(const Interface& link, const std::string& label);
  Result<void> reserve_reasons(InterfaceKey key, cgt_interface& record);
  void release_reasons(InterfaceKey key, const cgt_interface& record, std::uint32_t count);
  Result<Hook> adopt(int program_fd, const Attached& one, HookDirection direction) const;
  Result<bool> hang(Attached& one, HookDirection direction);
  Result<Hook> hang_anew(int program_fd, const Attached& one, HookDirection direction) const;
  Result<void> attach(Attached& one, NetnsKey netns);
  bool mend(Attached& one);
  Result<void> mend(Attached& one, HookDirection direction);
  [[nodiscard]] bool uses_filters(const Attached& one) const;
  static ReattachedHook note_gap(Attached& one, Nanoseconds now);
  Result<void> write_record(Attached& one);
  Result<void> announce(Attached& one);
  [[nodiscard]] std::string pin_of(const Attached& one, HookDirection direction) const;
  void list_attachments();
};

}  // namespace cgtally::bpf
