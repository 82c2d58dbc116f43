// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/leftovers.h"

#include "adapters/bpf/hooks/hook.h"
#include "adapters/netlink/links.h"

namespace cgtally::monitor {

std::vector<Leftover> find_leftovers() {
  std::vector<Leftover> all;
  const auto links = netlink::list_links();
  for (const Interface& link : links ? *links : std::vector<Interface>{}) {
    const auto filters = bpf::orphaned_filters(link.ifindex);
    for (const auto& filter : filters ? *filters : std::vector<bpf::OrphanedFilter>{}) {
      all.push_back(
          {.iface = link.name,
           .direction = filter.direction == bpf::HookDirection::ingress ? "ingress" : "egress",
           .preference = filter.preference});
    }
  }
  return all;
}

Result<int> remove_leftovers() {
  const auto links = netlink::list_links();
  if (!links) return std::unexpected(links.error());
  int removed = 0;
  for (const Interface& link : *links) {
    if (const auto here = bpf::remove_orphaned_filters(link.ifindex); here) {
      removed += *here;
    }
  }
  return removed;
}

}  // namespace cgtally::monitor
