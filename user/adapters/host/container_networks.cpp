// SPDX-License-Identifier: Apache-2.0
#include "adapters/host/container_networks.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/cgroupfs/mount.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/containers/container_names.h"
#include "adapters/containers/host_files.h"
#include "adapters/netlink/default_route.h"
#include "adapters/netlink/links.h"
#include "adapters/netlink/nft_chains.h"
#include "core/base/json_reader.h"

namespace cgtally::host {
namespace {

constexpr std::size_t kMostCniFiles = 64;
constexpr std::size_t kMostContainers = 16'384;

bool exists(const std::string& host_root, const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(host_root + path, ignored);
}

std::string proc_file(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool is_cni_file(std::string_view name) {
  return name.ends_with(".conf") || name.ends_with(".conflist") || name.ends_with(".json");
}

std::set<std::string> cni_types(const std::string& host_root) {
  std::set<std::string> types;
  for (const char* where : {"/etc/cni/net.d", "/var/lib/rancher/k3s/agent/etc/cni/net.d"}) {
    containers::HostFiles files(host_root);
    std::vector<std::string> names;
    (void)files.for_each_name(where, [&names](std::string_view name) {
      if (is_cni_file(name) && names.size() < kMostCniFiles) names.emplace_back(name);
    });
    for (const std::string& name : names) {
      add_cni_types(files.content_of(fmt::format("{}/{}", where, name)).value_or(""), types);
    }
  }
  return types;
}

ServiceProxy service_proxy() {
  if (has_ipvs_service(proc_file("/proc/net/ip_vs"))) return ServiceProxy::ipvs;
  const auto chains = netlink::list_nft_chains();
  if (chains) {
    for (const netlink::NftChain& chain : *chains) {
      if (chain.table == "kube-proxy") return ServiceProxy::nftables;
      if (chain.name == "KUBE-SERVICES") return ServiceProxy::iptables;
    }
  }
  return netlink::legacy_nat_has_chain("KUBE-SERVICES") ? ServiceProxy::iptables
                                                        : ServiceProxy::none;
}

std::optional<bool> bridge_calls_iptables() {
  const std::string text = proc_file("/proc/sys/net/bridge/bridge-nf-call-iptables");
  if (text.empty()) return std::nullopt;
  return text[0] == '1';
}

// Each cgroup that is a container's own, and whether its name is found.
void count_names(const std::string& host_root, ContainerHostFacts& facts) {
  const auto mount = cgroupfs::cgroup2_mount(host_root);
  if (!mount) return;
  cgroupfs::Names tree;
  tree.seed(*mount);
  std::set<std::string> paths;
  tree.for_each_child([&](std::uint64_t id, std::uint64_t, const std::string&) {
    if (const std::string* path = tree.path_of(id);
        path != nullptr && paths.size() < kMostContainers) {
      const CgroupIdentity identity = identify_cgroup(*path);
      const bool task = identity.runtime == ContainerRuntime::task;
      if (!identity.container_id.empty() && identity.cgroup == *path && !task) paths.insert(*path);
    }
  });
  facts.containers = paths.size();
  for (const std::string& path : paths) {
    const auto found = containers::find_container_name(host_root, identify_cgroup(path));
    if (!found.name.empty()) ++facts.named;
    if (facts.refused.empty()) facts.refused = found.refused;
  }
}

}  // namespace

bool has_ipvs_service(std::string_view ip_vs) {
  return ip_vs.contains("\nTCP ") || ip_vs.contains("\nUDP ") || ip_vs.contains("\nSCTP ") ||
         ip_vs.contains("\nFWM ");
}

CiliumRouting cilium_routing_in(std::string_view node_config) {
  if (node_config.empty()) return CiliumRouting::unknown;
  return node_config.contains("#define ENABLE_HOST_ROUTING") ? CiliumRouting::bpf
                                                             : CiliumRouting::stack;
}

void add_cni_types(std::string_view json, std::set<std::string>& types) {
  std::set<std::string> found;
  const bool read = for_each_json_string(json, [&](const JsonPath& path, const std::string& value) {
    const bool single = path.size() == 1 && path[0] == "type";
    const bool listed = path.size() == 3 && path[0] == "plugins" && path[2] == "type";
    if (single || listed) found.insert(value);
  });
  if (read) types.merge(found);
}

ContainerHostFacts gather_container_facts(const std::string& host_root) {
  ContainerHostFacts facts;
  facts.links = netlink::list_links().value_or(std::vector<Interface>{});
  facts.default_route_device = netlink::default_route_device().value_or("");
  facts.cni_types = cni_types(host_root);
  facts.kubelet = exists(host_root, "/var/lib/kubelet");
  facts.ecs = exists(host_root, "/etc/ecs/ecs.config") || exists(host_root, "/var/lib/ecs/data");
  facts.proxy = service_proxy();
  containers::HostFiles files(host_root);
  facts.cilium_routing =
      cilium_routing_in(files.content_of("/run/cilium/state/globals/node_config.h").value_or(""));
  facts.bridge_calls_iptables = bridge_calls_iptables();
  count_names(host_root, facts);
  return facts;
}

}  // namespace cgtally::host
