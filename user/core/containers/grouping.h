// SPDX-License-Identifier: Apache-2.0
// --by: what accounts are summed by, and the names that --account matches. A group is known by its
// name alone, so that a container that replaces another of the same name goes on with its total.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/enum_names.h"
#include "core/containers/container_name.h"

namespace cgtally {

enum class Grouping : std::uint8_t { cgroup, container, pod, k8s_namespace, unit };
inline constexpr EnumNames<Grouping::unit> kGroupingNames{"cgroup", "container", "pod", "namespace",
                                                          "unit"};

// What the CSVs have in the place of one cgroup's account. `account` begins with the word of --by
// and ':', which no path and no reason does: "container:shop/api-7c9f/app", "container:web",
// "pod:shop/api-7c9f", "namespace:shop", "unit:redis.service".
struct AccountGroup {
  std::string account;
  ContainerName owner;  // the part of it that all members share
  bool operator==(const AccountGroup&) const = default;
};

// The group of the cgroup with that path and name; none if it has no such name, which keeps its
// account, as each reason does.
[[nodiscard]] std::optional<AccountGroup> group_of(Grouping by, std::string_view account,
                                                   const ContainerName& owner);
// Whether an account is that of a group.
[[nodiscard]] bool is_group_account(std::string_view account);

// Whether the pattern matches the account, or one of its names: the container, the pod,
// "namespace/pod", the unit, or all of it as screens show it. An empty pattern matches everything.
[[nodiscard]] bool account_passes(std::string_view pattern, std::string_view account,
                                  const ContainerName& owner);

}  // namespace cgtally
