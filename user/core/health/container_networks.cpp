// SPDX-License-Identifier: Apache-2.0
// The rules of bpf/ that the sentences rest on: a packet that a pod sends is handed over from the
// ingress of its veth to the egress of the uplink, one that it receives is looked up by address and
// then by socket, and where NAT or a tunnel hides the address, conntrack, what was sent before, or
// the inner headers tell it (docs/internals/attribution.md).
#include "core/health/container_networks.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/enum_names.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

constexpr EnumNames<Precision::unnamed> kPrecisionNames{"container", "pod", "unnamed"};

constexpr const char* kHandedOver = "handed over from its veth, through NAT as well";
constexpr const char* kByAddress =
    "by the pod's address, then its socket; the pod where that is not certain";
constexpr const char* kLearned =
    "learned from what is sent; until the first answer it is (forwarded)";

NetworkPath container(std::string why) { return {Precision::container, std::move(why)}; }
NetworkPath unnamed(std::string why) { return {Precision::unnamed, std::move(why)}; }

std::string counted(std::string_view what, std::size_t number) {
  return fmt::format("{}, {} device{}", what, number, number == 1 ? "" : "s");
}

bool is_hex(char c) { return is_digit(c) || ('a' <= c && c <= 'f'); }

// "br-0123456789ab", of a network that docker made.
bool is_docker_bridge(const Interface& link) {
  return link.kind == "bridge" &&
         (link.name == "docker0" || (link.name.starts_with("br-") && link.name.size() == 15 &&
                                     std::all_of(link.name.begin() + 3, link.name.end(), is_hex)));
}

bool is_other_bridge(const Interface& link) {
  constexpr std::array<std::string_view, 8> kNames{"cni",   "podman",  "nerdctl", "lxdbr",
                                                   "lxcbr", "incusbr", "virbr",   "crio"};
  return link.kind == "bridge" && std::ranges::any_of(kNames, [&link](std::string_view name) {
           return link.name.starts_with(name);
         });
}

// One look at the facts; each method adds the networks that it sees.
class Recognition {
 public:
  explicit Recognition(const ContainerHostFacts& facts) : facts_(facts) {}

  std::vector<ContainerNetwork> all() {
    aws_vpc_cni();
    calico();
    cilium();
    flannel();
    ecs();
    bridges();
    tunnels();
    routed_veths();
    if (!found_.empty() || facts_.kubelet) services();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::size_t count(std::string_view prefix, std::string_view kind = "") const {
    return static_cast<std::size_t>(std::ranges::count_if(facts_.links, [&](const Interface& link) {
      return link.name.starts_with(prefix) && (kind.empty() || link.kind == kind);
    }));
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::ranges::any_of(facts_.links,
                               [name](const Interface& link) { return link.name == name; });
  }
  [[nodiscard]] bool has_cni(const char* type) const { return facts_.cni_types.contains(type); }
  // What NAT here does to packets that are received.
  [[nodiscard]] std::string by_translation(std::string_view what) const {
    if (facts_.conntrack_lookup) return fmt::format("{} by conntrack, then its socket", what);
    return fmt::format("{} {}", what, kLearned);
  }
  // The names of veths that belong to a network that is recognised.
  void claim(std::string_view prefix) { claimed_.push_back(prefix); }

  void aws_vpc_cni() {
    const std::size_t pods = count("eni", "veth");
    if (pods == 0 && !has_cni("aws-cni")) return;
    claim("eni");
    found_.push_back({.name = "AWS VPC CNI",
                      .seen = pods ? counted("eni*", pods) : "CNI configuration",
                      .sent = container(kHandedOver),
                      .received = container(kByAddress),
                      .advice = {}});
    const std::size_t branches = count("vlan.eth");
    if (branches == 0) return;
    claim("vlan");
    found_.push_back({.name = "security groups for pods",
                      .seen = counted("vlan.eth*", branches),
                      .sent = container("handed over as well; counted on the trunk"),
                      .received = container(kByAddress),
                      .advice = {}});
  }

  void calico() {
    const std::size_t pods = count("cali", "veth");
    if (pods == 0 && !has_cni("calico")) return;
    claim("cali");
    found_.push_back({.name = "Calico",
                      .seen = pods ? counted("cali*", pods) : "CNI configuration",
                      .sent = container(kHandedOver),
                      .received = container(kByAddress),
                      .advice = {}});
  }

  void cilium() {
    const std::size_t pods = count("lxc", "veth") + count("lxc", "netkit");
    if (!has("cilium_host") && !has_cni("cilium-cni")) return;
    claim("lxc");
    claim("cilium_");
    const bool bpf = facts_.cilium_routing == CiliumRouting::bpf;
    const char* how = bpf ? "Cilium, BPF host routing"
                      : facts_.cilium_routing == CiliumRouting::stack
                          ? "Cilium, routed by the kernel"
                          : "Cilium";
    found_.push_back(
        {.name = how,
         .seen = counted("lxc*", pods),
         .sent = container(bpf ? "packets keep their socket; our program runs before Cilium's"
                               : kHandedOver),
         .received = container(kByAddress),
         .advice = {}});
    if (facts_.proxy != ServiceProxy::none) return;
    found_.push_back({.name = "Services by Cilium",
                      .seen = "no kube-proxy",
                      .sent = std::nullopt,
                      .received = container(fmt::format("NodePorts {}", kLearned)),
                      .advice = {}});
  }

  void flannel() {
    const std::size_t overlays = count("flannel", "vxlan");
    if (overlays == 0 && !has_cni("flannel")) return;
    found_.push_back({.name = "flannel",
                      .seen = overlays ? counted("flannel.*", overlays) : "CNI configuration",
                      .sent = container("handed over from the ports of cni0"),
                      .received = container(kByAddress),
                      .advice = {}});
  }

  // Tasks with a bridge are docker's containers; those with an interface of their own are not seen
  // at the uplinks of the host.
  void ecs() {
    if (!facts_.ecs) return;
    if (has("docker0")) add_bridges("ECS, bridge mode", "docker0");
    if (count("ecs-br") == 0) return;
    found_.push_back({.name = "ECS, awsvpc mode",
                      .seen = counted("ecs-br*", count("ecs-br")),
                      .sent = container("counted on the task's own interface, in its netns"),
                      .received = container("as sent; not at the host's uplink"),
                      .advice = "count with --netns all"});
  }

  void add_bridges(std::string name, std::string seen) {
    found_.push_back({.name = std::move(name),
                      .seen = std::move(seen),
                      .sent = container("handed over from the bridge's ports, through NAT as well"),
                      .received = container(by_translation("published ports and replies")),
                      .advice = {}});
    if (facts_.bridge_calls_iptables.value_or(false)) {
      found_.back().seen += "; bridge-nf-call-iptables=1, which takes no name away";
    }
  }

  void bridges() {
    const auto add = [this](const char* name, auto is_one, std::string_view except) {
      std::string names;
      for (const Interface& link : facts_.links) {
        if (!is_one(link) || link.name == except) continue;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", link.name);
      }
      if (!names.empty()) add_bridges(name, shorten(names, kMostSeen));
    };
    add("docker bridge", is_docker_bridge, facts_.ecs ? "docker0" : "");
    // Flannel's own bridge is said already.
    const bool flannel = count("flannel", "vxlan") != 0 || has_cni("flannel");
    add("bridge", is_other_bridge, flannel ? "cni0" : "");
  }

  void tunnels() {
    for (const Interface& link : facts_.links) {
      if (!link.up) continue;
      const bool plain = link.kind == "vxlan" || link.kind == "geneve" || link.kind == "ipip" ||
                         link.kind == "gre" || link.kind == "sit" || link.kind == "ip6tnl";
      if (plain) {
        found_.push_back({.name = fmt::format("tunnel {}", link.name),
                          .seen = link.kind,
                          .sent = container("the packet goes through the tunnel with its owner"),
                          .received = container("by the address in the inner headers"),
                          .advice = {}});
      } else if (link.kind == "wireguard") {
        found_.push_back({.name = fmt::format("tunnel {}", link.name),
                          .seen = link.kind,
                          .sent = unnamed("encrypted by another thread: on (tunnel) at the uplink"),
                          .received = unnamed("encrypted: on (tunnel) at the uplink"),
                          .advice = fmt::format("count the pods' side: --iface {}", link.name)});
      }
    }
  }

  // Those of nobody above: ptp, GKE (gke*), Azure (azv*). A bridge's ports are the bridge's.
  void routed_veths() {
    const auto others =
        static_cast<std::size_t>(std::ranges::count_if(facts_.links, [this](const Interface& link) {
          return link.kind == "veth" && link.name != facts_.default_route_device &&
                 std::ranges::none_of(claimed_, [&](std::string_view prefix) {
                   return link.name.starts_with(prefix);
                 });
        }));
    const bool bridged = std::ranges::any_of(
        facts_.links, [](const Interface& link) { return link.kind == "bridge"; });
    if (others == 0 || bridged) return;
    found_.push_back({.name = "routed veths",
                      .seen = counted("veth", others),
                      .sent = container(kHandedOver),
                      .received = container(kByAddress),
                      .advice = {}});
  }

  void services() {
    const bool dummy = has("kube-ipvs0");
    switch (dummy ? ServiceProxy::ipvs : facts_.proxy) {
      case ServiceProxy::none:
        return;
      case ServiceProxy::ipvs:
        found_.push_back({.name = dummy ? "kube-proxy, IPVS" : "IPVS",
                          .seen = dummy ? "kube-ipvs0" : "virtual services in /proc/net/ip_vs",
                          .sent = std::nullopt,
                          .received = container(by_translation("Services")),
                          .advice = {}});
        return;
      case ServiceProxy::iptables:
      case ServiceProxy::nftables: {
        const bool nft = facts_.proxy == ServiceProxy::nftables;
        found_.push_back({.name = nft ? "kube-proxy, nftables" : "kube-proxy, iptables",
                          .seen = nft ? "table kube-proxy" : "chain KUBE-SERVICES",
                          .sent = std::nullopt,
                          .received = container(by_translation("NodePorts and replies")),
                          .advice = facts_.conntrack_lookup
                                        ? ""
                                        : "a kernel from 5.18 on, with nf_conntrack loaded, knows "
                                          "them at once"});
        return;
      }
    }
  }

  static constexpr std::size_t kMostSeen = 48;

  const ContainerHostFacts& facts_;
  std::vector<std::string_view> claimed_;
  std::vector<ContainerNetwork> found_;
};

std::string path_line(std::string_view direction, const NetworkPath& path) {
  return fmt::format("{:10}{:<10}{:<11}{}", "", direction, kPrecisionNames[path.precision],
                     path.why);
}

}  // namespace

std::vector<ContainerNetwork> recognise_networks(const ContainerHostFacts& facts) {
  return Recognition(facts).all();
}

std::vector<std::string> network_lines(const std::vector<ContainerNetwork>& networks) {
  std::vector<std::string> lines;
  for (const ContainerNetwork& network : networks) {
    lines.push_back(
        fmt::format("network   {} ({})", printable(network.name), printable(network.seen)));
    if (network.sent) lines.push_back(path_line("sent", *network.sent));
    if (network.received) lines.push_back(path_line("received", *network.received));
    if (!network.advice.empty()) {
      lines.push_back(fmt::format("{:22}-> {}", "", printable(network.advice)));
    }
  }
  return lines;
}

}  // namespace cgtally
