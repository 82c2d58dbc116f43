// SPDX-License-Identifier: Apache-2.0
// What cgtally needs of whoever starts it: capabilities, mounts, namespaces and memory; what each
// is for, what is lost without it, and the one command that gives all of them on this host. The
// tables here are those of docs/containers.md, share/kubernetes/base/daemonset.yaml and
// share/cgtally.service: a test compares them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cgtally {

struct HostFacts;

// The numbers are part of the kernel's ABI.
struct Capability {
  std::string_view name;  // "NET_ADMIN", as container runtimes write it
  unsigned bit = 0;
  bool required = false;  // without it nothing is counted
  std::string_view purpose;
  std::string_view cost;  // of not having it
};
[[nodiscard]] std::span<const Capability> needed_capabilities();
// "BPF,PERFMON,...": all of them, as --cap-add takes them.
[[nodiscard]] std::string capability_list();
[[nodiscard]] bool has_capability(std::uint64_t granted, const Capability& capability);

struct DeploymentFacts {
  bool in_container = false;
  bool host_pids = true;     // the PID namespace is the machine's first one
  bool host_netns = true;    // false only if it is certainly another one than PID 1's
  bool bpffs = false;        // a BPF file system is where the ledger would be pinned
  bool host_files = false;   // --host-root was given, or is found at /host
  bool state_stays = false;  // what is written to /var/lib/cgtally outlives the container
  bool kubelet = false;
  bool docker = false;  // their programs are installed
  bool podman = false;
  bool systemd = false;
  bool unit = false;  // cgtally.service is installed, by the package or by cmake --install
  unsigned possible_cpus = 1;
};

// For the default number of slots: the maps, charged to whoever makes them, and what loading takes.
[[nodiscard]] std::uint64_t memory_limit_bytes(unsigned possible_cpus);

struct Lack {
  std::string what;  // "CAP_SYS_PTRACE not granted: ..."
  std::string hint;
};
// Capabilities that are not required, mounts and namespaces that are missing.
[[nodiscard]] std::vector<Lack> deployment_lacks(const HostFacts& facts);
// Lines of a command for a shell.
[[nodiscard]] std::vector<std::string> deployment_command(const DeploymentFacts& facts);

}  // namespace cgtally
