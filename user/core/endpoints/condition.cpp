// SPDX-License-Identifier: Apache-2.0
#include "core/endpoints/condition.h"

#include <fmt/core.h>

#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

std::string number_of(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

}  // namespace

void EndpointCondition::add(const EndpointTable& table) {
  namespaces += table.owners.size();
  addresses += table.addresses.size();
  devices += table.origins.size();
  ambiguous += table.ambiguous;
  for (const auto& [nsid, why] : table.owners) {
    no_process += why == NetnsOwner::Why::no_process ? 1 : 0;
    shared += why == NetnsOwner::Why::shared ? 1 : 0;
    no_cgroup += why == NetnsOwner::Why::no_cgroup ? 1 : 0;
  }
}

std::vector<std::string> endpoint_lines(const EndpointCondition& endpoints) {
  std::vector<std::string> lines;
  if (endpoints.namespaces > 0) {
    lines.push_back(fmt::format(
        "{} behind {}; {} of {} known, senders told at {} of {}",
        number_of(endpoints.namespaces, "network namespace", "network namespaces"),
        number_of(endpoints.devices, "veth", "veths"), format_count(endpoints.known),
        number_of(endpoints.addresses, "address", "addresses"), format_count(endpoints.origins),
        number_of(endpoints.devices, "veth", "veths")));
  }
  std::string unowned;
  const auto add = [&unowned](std::size_t count, const char* why) {
    if (count == 0) return;
    unowned += fmt::format("{}{} {}", unowned.empty() ? "" : ", ", format_count(count), why);
  };
  add(endpoints.no_process, "where no process is seen");
  add(endpoints.shared, "whose processes have several owners");
  add(endpoints.no_cgroup, "whose cgroup cannot be found");
  if (!unowned.empty()) lines.push_back("without an owner: " + unowned);
  if (endpoints.ambiguous > 0) {
    lines.push_back(fmt::format("named for nobody: {} that two of them have",
                                number_of(endpoints.ambiguous, "address", "addresses")));
  }
  if (!endpoints.unknown.empty()) {
    lines.push_back("cannot be looked at: " + printable(endpoints.unknown));
  }
  return lines;
}

}  // namespace cgtally
