// SPDX-License-Identifier: Apache-2.0
#include "core/health/deployment.h"

#include <fmt/core.h>

#include <array>

#include "core/health/host_diagnosis.h"

namespace cgtally {
namespace {

// Found by leaving out one after the other (tests/e2e/deployment has the same set).
constexpr std::array kNeeded{
    Capability{"BPF", 39, true, "makes maps, loads programs", "nothing is counted"},
    Capability{"NET_ADMIN", 12, true, "attaches to interfaces, reads queues and sockets",
               "nothing is counted"},
    Capability{"PERFMON", 38, true, "programs that read the kernel's types, tracepoints",
               "nothing is counted"},
    Capability{"NET_BROADCAST", 11, false, "hears of addresses in the pods' netns",
               "what is forwarded for pods and containers stays (forwarded)"},
    Capability{"SYS_ADMIN", 21, false, "enters other netns, reads the types of kernel modules",
               "no --netns; connections and retransmits of this netns only; translations of an "
               "nf_conntrack that is a module are not looked up; status names no other programs "
               "and no cost"},
    Capability{"SYS_PTRACE", 19, false, "sees which netns and cgroup a process is in",
               "no --netns PID; what no socket of a pod takes stays (forwarded)"}};

constexpr unsigned kSysAdmin = 21;

constexpr std::uint64_t kMebibyte = 1U << 20U;

std::vector<std::string> run_command(std::string_view program, const DeploymentFacts& facts) {
  return {
      "mkdir -p /var/lib/cgtally",
      fmt::format(
          "{} run -d --name cgtally --restart=always --pid=host --net=host --cgroupns=host \\",
          program),
      fmt::format("  --cap-drop=all --cap-add={} \\", capability_list()),
      fmt::format(
          "  --security-opt=apparmor=unconfined --security-opt=label=disable --memory={}m \\",
          memory_limit_bytes(facts.possible_cpus) / kMebibyte),
      "  -v /sys/fs/bpf:/sys/fs/bpf -v /:/host:ro,rslave -v /var/lib/cgtally:/var/lib/cgtally \\",
      "  cgtally up --keep",
  };
}

void add_mounts(const DeploymentFacts& facts, std::vector<Lack>& lacks) {
  if (!facts.bpffs) {
    lacks.push_back(
        {"no BPF file system at /sys/fs/bpf: nothing can be pinned, counting ends with "
         "the command",
         facts.in_container ? "-v /sys/fs/bpf:/sys/fs/bpf"
                            : "sudo mount -t bpf -o mode=0700 bpf /sys/fs/bpf"});
  }
  if (!facts.in_container) return;
  if (!facts.host_files) {
    lacks.push_back(
        {"the host's files are not mounted: no names of containers, and of cgroups "
         "only where the container shares the host's tree",
         "-v /:/host:ro,rslave"});
  }
  if (!facts.state_stays) {
    lacks.push_back(
        {"/var/lib/cgtally ends with the container: the balance of the credits is "
         "unknown after each start",
         "-v /var/lib/cgtally:/var/lib/cgtally"});
  }
  if (!facts.host_pids) {
    lacks.push_back(
        {"PID namespace of its own: netns that no file names are not found, and which "
         "pod is behind an address is not known",
         "--pid=host (Kubernetes: hostPID: true)"});
  }
  if (!facts.host_netns) {
    lacks.push_back({"netns of its own: the host's interfaces are not counted",
                     "--net=host (Kubernetes: hostNetwork: true)"});
  }
}

}  // namespace

std::span<const Capability> needed_capabilities() { return kNeeded; }

std::string capability_list() {
  std::string list;
  for (const Capability& one : kNeeded)
    list += fmt::format("{}{}", list.empty() ? "" : ",", one.name);
  return list;
}

// CAP_SYS_ADMIN contained BPF and PERFMON before they had bits of their own, and still does.
bool has_capability(std::uint64_t granted, const Capability& capability) {
  const auto has = [granted](unsigned bit) { return ((granted >> bit) & 1U) != 0; };
  const bool contained = capability.name == "BPF" || capability.name == "PERFMON";
  return has(capability.bit) || (contained && has(kSysAdmin));
}

// Measured at the peak of a start: 68 MB with two CPUs (6.18; 31 MB on 6.1), 0.76 MB for each CPU
// more.
std::uint64_t memory_limit_bytes(unsigned possible_cpus) {
  constexpr std::uint64_t kBase = 96 * kMebibyte;
  constexpr std::uint64_t kOfCpu = kMebibyte * 3 / 4;
  constexpr std::uint64_t kStep = 32 * kMebibyte;
  const std::uint64_t exact = kBase + possible_cpus * kOfCpu;
  return (exact + kStep - 1) / kStep * kStep;
}

std::vector<Lack> deployment_lacks(const HostFacts& facts) {
  std::vector<Lack> lacks;
  if (!facts.deployment) return lacks;
  for (const Capability& one : kNeeded) {
    if (one.required || has_capability(facts.capabilities, one)) continue;
    lacks.push_back({fmt::format("CAP_{} not granted: {}", one.name, one.cost),
                     facts.deployment->in_container
                         ? fmt::format("--cap-add={}", one.name)
                         : std::string("sudo cgtally ..., or grant that to the unit")});
  }
  add_mounts(*facts.deployment, lacks);
  return lacks;
}

std::vector<std::string> deployment_command(const DeploymentFacts& facts) {
  if (facts.kubelet) {
    return {
        fmt::format("kubectl apply -k share/kubernetes    # limits.memory of {}Mi suffices here",
                    memory_limit_bytes(facts.possible_cpus) / kMebibyte)};
  }
  if (facts.docker) return run_command("docker", facts);
  if (facts.podman) return run_command("podman", facts);
  if (facts.systemd && facts.unit) return {"sudo systemctl enable --now cgtally"};
  if (facts.systemd) {
    return {
        "sudo cp share/cgtally.service /etc/systemd/system/ && sudo systemctl enable --now "
        "cgtally"};
  }
  return {"sudo cgtally up"};
}

}  // namespace cgtally
