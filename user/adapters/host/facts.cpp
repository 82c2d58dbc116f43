// SPDX-License-Identifier: Apache-2.0
#include "adapters/host/facts.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/loading/trial.h"
#include "adapters/cgroupfs/mount.h"
#include "adapters/host/container_networks.h"
#include "adapters/host/deployment.h"
#include "adapters/netlink/default_route.h"
#include "adapters/netlink/links.h"

namespace cgtally::host {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// True if the code is in the running kernel, built in or loaded. Reads the symbol table, because
// /sys/module does not list all built-in modules.
bool clsact_in_kernel() {
  std::ifstream symbols("/proc/kallsyms");
  bool qdisc = false;
  bool classifier = false;
  for (std::string line; std::getline(symbols, line) && !(qdisc && classifier);) {
    qdisc = qdisc || line.find(" clsact_init") != std::string::npos;
    classifier = classifier || line.find(" cls_bpf_classify") != std::string::npos;
  }
  return qdisc && classifier;
}

std::uint64_t memlock_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<std::uint64_t>::max()
                                         : limit.rlim_cur;
}

// An empty program first: it fails for what this process may not do, ours for what the kernel
// lacks.
void try_to_load(HostFacts& facts, bpf::KernelFacts& kernel) {
  if (const auto allowed = bpf::may_load_programs(); !allowed) {
    facts.bpf_refused = allowed.error();
  } else if (kernel.btf) {
    if (const auto tried = bpf::try_programs(kernel); !tried)
      facts.programs_refused = tried.error();
  }
  for (const auto& [function, why] : kernel.refused) {
    facts.refused_calls.push_back({.function = function, .why = why});
  }
}

void gather_kernel_facts(HostFacts& facts) {
  bpf::KernelFacts kernel = bpf::probe_kernel();
  try_to_load(facts, kernel);
  facts.release = kernel.release;
  facts.btf = kernel.btf;
  facts.tcx = kernel.tcx;
  facts.clsact = kernel.tcx || clsact_in_kernel();
  facts.conntrack_lookup = kernel.conntrack_lookup;
  facts.rdonly_cast = kernel.rdonly_cast;
  facts.preempt_rt = kernel.preempt_rt;
  facts.lockdown = lockdown_mode_in(text_of("/sys/kernel/security/lockdown"));
  // A kernel that was built with the JIT always on does not have this file in a container.
  const std::string jit = text_of("/proc/sys/net/core/bpf_jit_enable");
  facts.jit = jit.empty() || jit[0] != '0';
}

void gather_interface_facts(HostFacts& facts) {
  if (const auto links = netlink::list_links()) {
    for (const Interface& link : *links) {
      if (link.uplink()) facts.uplinks.push_back(link.name);
    }
  }
  facts.default_route_device = netlink::default_route_device().value_or("");
}

}  // namespace

std::uint64_t effective_capabilities_in(const std::string& status) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("CapEff:")) {
      return std::strtoull(line.c_str() + 7, nullptr, 16);
    }
  }
  return 0;
}

std::string lockdown_mode_in(const std::string& text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return text.substr(open + 1, close - open - 1);
}

HostFacts gather_facts(const std::string& host_root) {
  HostFacts facts;
  facts.root = geteuid() == 0;
  facts.capabilities = effective_capabilities_in(text_of("/proc/self/status"));
  facts.memlock_bytes = memlock_limit();
  gather_kernel_facts(facts);
  if (const auto mount = cgroupfs::cgroup2_mount(host_root)) {
    facts.cgroup2_mount = *mount;
  } else {
    facts.cgroup2_missing = mount.error();
  }
  facts.pods_in_cgroup_v1 = cgroupfs::pods_in_cgroup_v1(host_root);
  gather_interface_facts(facts);
  return facts;
}

HostFacts gather_all_facts(const std::string& host_root) {
  HostFacts facts = gather_facts(host_root);
  facts.containers = gather_container_facts(host_root);
  facts.containers.conntrack_lookup = facts.conntrack_lookup;
  facts.deployment = gather_deployment_facts(host_root);
  return facts;
}

}  // namespace cgtally::host
