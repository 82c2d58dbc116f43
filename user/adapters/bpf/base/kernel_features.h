// SPDX-License-Identifier: Apache-2.0
// Probes what this kernel offers and what this process may do. Every call asks the kernel again.
// `doctor` turns the facts into advice, the program loader into choices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cgtally::bpf {

// A kernel function that the kernel's types name, and that it does not let our programs call.
struct RefusedFunction {
  std::string function;  // "bpf_skb_ct_lookup"
  std::string why;       // ends with the verifier's last line
};

struct KernelFacts {
  std::string release;                   // uname -r
  bool btf = false;                      // /sys/kernel/btf/vmlinux is readable
  bool tcx = false;                      // links at the head of the tc chain, 6.6
  bool rdonly_cast = false;              // cheap read of a UDP socket's cgroup, 6.2
  std::uint32_t rdonly_cast_id = 0;      // in the kernel's types
  bool conntrack_lookup = false;         // bpf_skb_ct_lookup, 5.18 with nf_conntrack loaded
  bool preempt_rt = false;               // softirqs can be preempted: per-CPU sums would race
  std::vector<RefusedFunction> refused;  // after step_down(): found by trying
};

// Loads an empty tc program to see whether this process may. The error names the missing
// capabilities (CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON), or another reason.
[[nodiscard]] Result<void> may_load_programs();
[[nodiscard]] KernelFacts probe_kernel();
// One system call; false where nf_conntrack is built in.
[[nodiscard]] bool conntrack_module_loaded();

}  // namespace cgtally::bpf
