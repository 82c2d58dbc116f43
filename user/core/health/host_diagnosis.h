// SPDX-License-Identifier: Apache-2.0
// Advice from facts about a host: each thing that cgtally needs or can use, and for each that is
// missing the command that provides it. `doctor` prints all findings, a failed start only those
// that prevent it. The facts are collected by adapters/host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/health/container_networks.h"
#include "core/health/deployment.h"

namespace cgtally {

// A function of the kernel that it names, and that its verifier does not let our programs call.
struct RefusedCall {
  std::string function;  // "bpf_skb_ct_lookup"
  std::string why;       // ends with the verifier's last line
};

struct HostFacts {
  std::string release;                     // "6.1.0-18-amd64"
  bool root = false;                       // effective user id 0
  std::uint64_t capabilities = 0;          // effective set, as in /proc/self/status
  std::optional<Error> bpf_refused;        // the error of loading an empty program, if that failed
  std::optional<Error> programs_refused;   // the error of loading ours, if an empty one loads
  std::vector<RefusedCall> refused_calls;  // ours load without these
  bool btf = false;
  bool jit = false;
  bool tcx = false;
  bool clsact = false;  // sch_ingress and cls_bpf are in the running kernel
  bool conntrack_lookup = false;
  bool rdonly_cast = false;
  bool preempt_rt = false;
  std::string lockdown;             // "none", "integrity", "confidentiality"; empty: not built in
  std::uint64_t memlock_bytes = 0;  // limit; UINT64_MAX: none
  std::string cgroup2_mount;
  std::optional<Error> cgroup2_missing;
  bool pods_in_cgroup_v1 = false;
  std::vector<std::string> uplinks;
  std::string default_route_device;
  ContainerHostFacts containers;
  std::optional<DeploymentFacts> deployment;  // none: not asked for
};

struct Finding {
  enum class Verdict : std::uint8_t { ok, degraded, missing };
  Verdict verdict = Verdict::ok;
  std::string check;   // "tc hook"
  std::string detail;  // "tcx, at the head of the chain"
  std::string hint;    // a command or what to do; empty if ok
};

[[nodiscard]] std::vector<Finding> diagnose(const HostFacts& facts);
// True if nothing is missing that cgtally needs.
[[nodiscard]] bool can_run(const std::vector<Finding>& findings);
[[nodiscard]] std::vector<std::string> finding_lines(const std::vector<Finding>& findings);

}  // namespace cgtally
