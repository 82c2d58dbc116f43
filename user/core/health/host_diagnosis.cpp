// SPDX-License-Identifier: Apache-2.0
#include "core/health/host_diagnosis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <tuple>

#include "core/base/enum_names.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

using Verdict = Finding::Verdict;

constexpr EnumNames<Verdict::missing> kVerdictNames{"ok", "degraded", "missing"};

bool older_than(const std::string& release, int major, int minor) {
  int is_major = 0;
  int is_minor = 0;
  return std::sscanf(release.c_str(), "%d.%d", &is_major, &is_minor) == 2 &&
         std::tie(is_major, is_minor) < std::tie(major, minor);
}

Finding kernel(const HostFacts& facts) {
  if (older_than(facts.release, 5, 10)) {
    return {Verdict::missing, "kernel", fmt::format("{} is older than 5.10", facts.release),
            "boot a kernel from 5.10 on"};
  }
  return {Verdict::ok, "kernel", facts.release, ""};
}

Finding privileges(const HostFacts& facts) {
  std::string lacking;
  std::string required;
  for (const Capability& one : needed_capabilities()) {
    if (!one.required) continue;
    required += fmt::format("{}CAP_{}", required.empty() ? "" : ", ", one.name);
    if (has_capability(facts.capabilities, one)) continue;
    lacking += fmt::format("{}CAP_{}", lacking.empty() ? "" : ", ", one.name);
  }
  if (lacking.empty()) return {Verdict::ok, "privileges", facts.root ? "root" : required, ""};
  return {Verdict::missing, "privileges", fmt::format("{} not granted", lacking),
          facts.root ? fmt::format("start the container with --cap-add={}", capability_list())
                     : "sudo cgtally ..., or: sudo setcap cap_bpf,cap_net_admin,cap_perfmon+ep "
                       "$(command -v cgtally)"};
}

Finding bpf_call(const HostFacts& facts) {
  if (facts.lockdown == "confidentiality") {
    return {Verdict::missing, "bpf", "kernel lockdown (confidentiality) forbids reading the kernel",
            "boot with lockdown=integrity, or turn Secure Boot off"};
  }
  if (facts.bpf_refused) {
    // With all capabilities granted, the cause is something else than the error's own hint says.
    const bool granted = privileges(facts).verdict == Verdict::ok;
    return {Verdict::missing, "bpf", facts.bpf_refused->what,
            granted || facts.bpf_refused->hint.empty()
                ? "allow the bpf system call: a container needs a seccomp profile that has bpf and "
                  "perf_event_open"
                : facts.bpf_refused->hint};
  }
  if (facts.programs_refused) {
    if (privileges(facts).verdict != Verdict::ok) {
      return {Verdict::missing, "bpf", facts.programs_refused->what,
              "grant the capabilities that are missing above"};
    }
    return {Verdict::missing, "bpf", facts.programs_refused->what,
            "take another kernel; and please report this line, with the release of this one"};
  }
  return {Verdict::ok, "bpf", "programs load", ""};
}

// Empty if the kernel does not refuse it.
std::string refusal_of(const HostFacts& facts, std::string_view function) {
  const auto found = std::ranges::find(facts.refused_calls, function, &RefusedCall::function);
  if (found == facts.refused_calls.end()) return {};
  return fmt::format("the kernel refuses {}: {}", function, found->why);
}

std::string allow_calls(const HostFacts& facts) {
  constexpr unsigned kModules = 21;  // CAP_SYS_ADMIN
  std::string hint;
  if (!facts.jit) hint = "sudo sysctl net.core.bpf_jit_enable=1";
  if (((facts.capabilities >> kModules) & 1U) == 0) {
    hint += fmt::format("{}grant CAP_SYS_ADMIN, by which a module's functions are found",
                        hint.empty() ? "" : ", and ");
  }
  if (hint.empty()) hint = "nothing is to do; please report this line, with the kernel's release";
  return hint;
}

Finding btf(const HostFacts& facts) {
  if (facts.btf) {
    return {Verdict::ok, "BTF", "/sys/kernel/btf/vmlinux", ""};
  }
  return {Verdict::missing, "BTF", "/sys/kernel/btf/vmlinux cannot be read",
          "take a kernel with CONFIG_DEBUG_INFO_BTF=y (every distribution's since 2021); in a "
          "container: mount /sys"};
}

Finding hook(const HostFacts& facts) {
  if (facts.tcx) {
    return {Verdict::ok, "tc hook", "tcx, at the head of the chain", ""};
  }
  if (facts.bpf_refused && !older_than(facts.release, 6, 6)) {
    return {Verdict::ok, "tc hook", "tcx, by the kernel's version: it could not be tried", ""};
  }
  if (facts.clsact) {
    return {Verdict::ok, "tc hook", "clsact, first free preference (tcx needs 6.6)", ""};
  }
  return {Verdict::degraded, "tc hook", "no tcx (needs 6.6), and clsact is not loaded",
          "sudo modprobe -a sch_ingress cls_bpf"};
}

Finding cgroups(const HostFacts& facts) {
  if (facts.cgroup2_missing) {
    return {Verdict::missing, "cgroup2", facts.cgroup2_missing->what, facts.cgroup2_missing->hint};
  }
  if (facts.pods_in_cgroup_v1) {
    return {Verdict::degraded, "cgroup2",
            fmt::format("{}, but containers live in cgroup v1: all of them are on '/'",
                        facts.cgroup2_mount),
            "boot with systemd.unified_cgroup_hierarchy=1"};
  }
  return {Verdict::ok, "cgroup2", facts.cgroup2_mount, ""};
}

Finding conntrack(const HostFacts& facts) {
  if (facts.conntrack_lookup) {
    return {Verdict::ok, "conntrack", "translations can be looked up", ""};
  }
  if (const std::string why = refusal_of(facts, "bpf_skb_ct_lookup"); !why.empty()) {
    return {Verdict::degraded, "conntrack", why, allow_calls(facts)};
  }
  if (older_than(facts.release, 5, 18)) {
    return {Verdict::degraded, "conntrack", "the lookup of translations needs 5.18",
            "boot a kernel from 5.18 on, if NAT leads to this host"};
  }
  return {Verdict::degraded, "conntrack", "nf_conntrack is not loaded (no NAT here, or not yet)",
          "sudo modprobe nf_conntrack"};
}

Finding memory(const HostFacts& facts) {
  constexpr std::uint64_t kEnough = 64ULL << 20U;
  const bool charged_to_memlock = older_than(facts.release, 5, 11);
  if (!charged_to_memlock) {
    return {Verdict::ok, "memlock", "maps are charged to the cgroup", ""};
  }
  // A process with CAP_SYS_RESOURCE raises the limit at its start.
  constexpr unsigned kSysResource = 24;
  if (facts.memlock_bytes >= kEnough || ((facts.capabilities >> kSysResource) & 1U) != 0) {
    return {Verdict::ok, "memlock", "large enough", ""};
  }
  return {
      Verdict::degraded, "memlock",
      fmt::format("{} KiB may be too little for the maps", facts.memlock_bytes / 1024),
      "ulimit -l unlimited (a unit: LimitMEMLOCK=infinity; a container: --cap-add=SYS_RESOURCE)"};
}

Finding preemption(const HostFacts& facts) {
  if (facts.preempt_rt) {
    return {Verdict::degraded, "scheduling",
            "PREEMPT_RT: counted with atomics and no caches, slower",
            "boot a kernel without PREEMPT_RT"};
  }
  return {Verdict::ok, "scheduling", "not PREEMPT_RT: plain per-CPU counters", ""};
}

Finding jit(const HostFacts& facts) {
  if (facts.jit) {
    return {Verdict::ok, "BPF JIT", "on", ""};
  }
  return {Verdict::degraded, "BPF JIT", "off: each packet costs several times more",
          "sudo sysctl net.core.bpf_jit_enable=1"};
}

Finding uplinks(const HostFacts& facts) {
  std::string names;
  for (const std::string& name : facts.uplinks) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  if (!names.empty()) {
    return {Verdict::ok, "uplinks", names, ""};
  }
  if (!facts.default_route_device.empty()) {
    return {Verdict::degraded, "uplinks",
            fmt::format("none is bound to a driver; the default route's {} is counted",
                        facts.default_route_device),
            "name others with --iface"};
  }
  return {Verdict::degraded, "uplinks", "none, and no default route",
          "name an interface with --iface, or a netns with --netns"};
}

Finding names(const ContainerHostFacts& facts) {
  const std::string all =
      fmt::format("of {} container{}", facts.containers, facts.containers == 1 ? "" : "s");
  if (facts.named == facts.containers) return {Verdict::ok, "names", "known " + all, ""};
  return {Verdict::degraded, "names",
          fmt::format("{} {} not known: shown by the cgroup's path", facts.containers - facts.named,
                      all),
          facts.refused.empty() ? "no file below --host-root has their names; a runtime that is "
                                  "not known, or one that keeps them elsewhere"
                                : facts.refused};
}

}  // namespace

std::vector<Finding> diagnose(const HostFacts& facts) {
  std::vector<Finding> findings{kernel(facts), privileges(facts), bpf_call(facts), btf(facts),
                                hook(facts),   cgroups(facts),    uplinks(facts),  conntrack(facts),
                                memory(facts), preemption(facts), jit(facts)};
  if (const std::string why = refusal_of(facts, "bpf_rdonly_cast"); !why.empty()) {
    findings.push_back({Verdict::degraded, "UDP owners", why, allow_calls(facts)});
  }
  if (facts.containers.containers > 0) findings.push_back(names(facts.containers));
  for (const Lack& lack : deployment_lacks(facts)) {
    findings.push_back({Verdict::degraded, "deployment", lack.what, lack.hint});
  }
  return findings;
}

bool can_run(const std::vector<Finding>& findings) {
  return std::ranges::none_of(
      findings, [](const Finding& finding) { return finding.verdict == Verdict::missing; });
}

std::vector<std::string> finding_lines(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings) {
    lines.push_back(fmt::format("{:<10}{:<12}{}", kVerdictNames[finding.verdict], finding.check,
                                printable(finding.detail)));
    if (!finding.hint.empty()) {
      lines.push_back(fmt::format("{:22}-> {}", "", printable(finding.hint)));
    }
  }
  return lines;
}

}  // namespace cgtally
