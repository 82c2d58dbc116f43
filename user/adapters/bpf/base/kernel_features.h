// SPDX-License-Identifier: Apache-2.0
// What this kernel and this process can do for cgtally, observed and never remembered. Facts only:
// doctor turns them into advice, the loader into choices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace cgtally::bpf {

struct KernelFacts {
  std::string release;            // uname -r
  bool btf = false;               // /sys/kernel/btf/vmlinux is readable
  bool tcx = false;               // links at the head of the tc chain, 6.6
  bool rdonly_cast = false;       // cheap read of a UDP socket's cgroup, 6.2
  bool conntrack_lookup = false;  // bpf_skb_ct_lookup, 5.18 with nf_conntrack loaded
  bool preempt_rt = false;        // softirqs can be preempted: per-CPU sums would race
};

// Whether the bpf system call lets this process load a tc program at all; the error says which
// capability is missing (CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON), or what else forbids it.
[[nodiscard]] Result<void> may_load_programs();
[[nodiscard]] KernelFacts probe_kernel();

}  // namespace cgtally::bpf
