// SPDX-License-Identifier: Apache-2.0
#include "monitor/endpoints/endpoint_inspector.h"

#include <algorithm>
#include <map>
#include <set>

#include "adapters/bpf/hooks/hook_chain.h"
#include "adapters/bpf/programs/endpoint_maps.h"
#include "adapters/sys/clock.h"
#include "monitor/endpoints/endpoint_survey.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kProcessesAtOnce = 4096;

using Records = std::vector<bpf::InterfaceRecord>;

// As NetnsInterfaces does: a counted veth is the way out where nothing is bound to a driver. A
// record does not tell that; netns with both are rare.
std::set<int> counted_in(const Records& interfaces, std::uint64_t netns_inode) {
  std::set<int> ifindexes;
  for (const bpf::InterfaceRecord& one : interfaces) {
    if (one.attached && one.netns_id.inode == netns_inode) ifindexes.insert(one.ifindex);
  }
  return ifindexes;
}

bool has_origin(int ifindex) {
  const auto chain = bpf::chain_at(ifindex, bpf::HookDirection::ingress);
  return chain && std::ranges::any_of(*chain, [](const bpf::ChainedProgram& one) {
           return one.name == "cgt_origin";
         });
}

Result<void> inspect_netns(const bpf::InterfaceRecord& record, const Records& interfaces,
                           const EndpointSurvey::Namespaces& namespaces,
                           const cgroupfs::HostCgroups& cgroups, const std::string& host_root,
                           const bpf::KnownEndpoints& known, EndpointCondition& condition) {
  const auto netns = netns::Netns::find(record.netns_id, record.netns, host_root);
  if (!netns) return std::unexpected(netns.error());
  const auto entered = netns::Entered::enter(*netns);
  if (!entered) return std::unexpected(entered.error());
  auto survey = EndpointSurvey::open();
  if (!survey) return std::unexpected(survey.error());
  survey->facts().set_excluded(counted_in(interfaces, record.netns_id.inode));
  auto listed = survey->list();
  if (listed) listed = survey->set_owners(namespaces, true, cgroups);
  const EndpointTable table = survey->table();
  condition.add(table);
  condition.origins += static_cast<std::size_t>(std::ranges::count_if(table.origins, has_origin));
  condition.known += static_cast<std::size_t>(std::ranges::count_if(
      table.addresses, [&](const auto& item) { return known.addresses.contains(item.first); }));
  return listed;
}

}  // namespace

EndpointCondition inspect_endpoints(const bpf::Ledger& ledger, const Records& interfaces,
                                    const std::string& host_root) {
  EndpointCondition condition;
  const auto cgroups = cgroupfs::HostCgroups::find(host_root);
  if (!cgroups) {
    condition.unknown = cgroups.error().what;
    return condition;
  }
  netns::ProcessCensus census(host_root);
  census.begin(true, sys::now().boot, {});
  while (!census.step(kProcessesAtOnce)) {
  }
  const auto namespaces = census.namespaces();
  const bpf::KnownEndpoints known = bpf::read_endpoints(ledger, sys::now().boot);
  std::set<std::uint64_t> seen;
  for (const bpf::InterfaceRecord& record : interfaces) {
    if (!record.attached || !seen.insert(record.netns_id.inode).second) continue;
    const auto done =
        inspect_netns(record, interfaces, namespaces, *cgroups, host_root, known, condition);
    if (!done) condition.unknown = done.error().what;
  }
  return condition;
}

}  // namespace cgtally::monitor
