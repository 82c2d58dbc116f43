// SPDX-License-Identifier: Apache-2.0
#include "core/containers/grouping.h"

#include <fmt/core.h>

#include "core/base/glob.h"
#include "core/containers/account_label.h"

namespace cgtally {
namespace {

// "shop/api-7c9f/app", without the parts that are empty. No name has a '/'.
std::string joined_names(const ContainerName& owner) {
  std::string all;
  for (const SharedText* part : {&owner.k8s_namespace, &owner.pod, &owner.container}) {
    if (part->empty()) continue;
    if (!all.empty()) all += '/';
    all += part->str();
  }
  return all;
}

AccountGroup group_with(Grouping by, ContainerName owner) {
  std::string account = fmt::format("{}:{}", kGroupingNames[by], joined_names(owner));
  return {.account = std::move(account), .owner = std::move(owner)};
}

}  // namespace

std::optional<AccountGroup> group_of(Grouping by, std::string_view account,
                                     const ContainerName& owner) {
  switch (by) {
    case Grouping::cgroup:
      break;
    case Grouping::container:
      if (owner.container.empty()) break;
      return group_with(
          by, owner.pod.empty()
                  ? ContainerName{.container = owner.container, .pod = "", .k8s_namespace = ""}
                  : owner);
    case Grouping::pod:
      if (owner.pod.empty()) break;
      return group_with(by,
                        {.container = "", .pod = owner.pod, .k8s_namespace = owner.k8s_namespace});
    case Grouping::k8s_namespace:
      if (owner.k8s_namespace.empty()) break;
      return group_with(by, {.container = "", .pod = "", .k8s_namespace = owner.k8s_namespace});
    case Grouping::unit:
      if (const std::string unit = account_unit(account); !unit.empty()) {
        return AccountGroup{.account = fmt::format("{}:{}", kGroupingNames[by], unit), .owner = {}};
      }
      break;
  }
  return std::nullopt;
}

bool is_group_account(std::string_view account) {
  const std::size_t colon = account.find(':');
  return colon != std::string_view::npos &&
         kGroupingNames.parse(account.substr(0, colon)).value_or(Grouping::cgroup) !=
             Grouping::cgroup;
}

bool account_passes(std::string_view pattern, std::string_view account,
                    const ContainerName& owner) {
  if (pattern.empty() || matches_glob(pattern, account)) return true;
  const auto matches = [&](std::string_view name) {
    return !name.empty() && matches_glob(pattern, name);
  };
  if (matches(account_label(account, owner)) || matches(owner.container) || matches(owner.pod)) {
    return true;
  }
  if (!owner.pod.empty() && !owner.k8s_namespace.empty() &&
      matches(fmt::format("{}/{}", owner.k8s_namespace, owner.pod))) {
    return true;
  }
  const std::string unit = owner.empty() ? account_unit(account) : std::string();
  const std::size_t slash = unit.find('/');
  return matches(unit) || (slash != std::string::npos && matches(unit.substr(slash + 1)));
}

}  // namespace cgtally
