// SPDX-License-Identifier: Apache-2.0
// The accounts that bytes are counted on: a cgroup, or the reason why no cgroup could be named. A
// reason is a kind of its own, never a magic cgroup id. Beside a cgroup's own account there may be
// one with the totals of idle accounts below it, which were folded into it to free their slots.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/shared_text.h"
#include "core/base/units.h"
#include "core/containers/container_name.h"

namespace cgtally {

enum class AccountKind : std::uint8_t {
  cgroup,
  not_ip,
  fragment,
  forwarded,
  closing,
  no_socket,
  kernel,
  overflow,
  retired,
  tunnel,
  several,
  folded,
};

struct Account {
  AccountKind kind = AccountKind::cgroup;
  std::uint64_t cgroup_id = 0;  // the cgroup2 inode; 0 unless kind is cgroup or folded
  auto operator<=>(const Account&) const = default;
};

// Ids from here on are those of groups of cgroups (--by), which only one run knows: the kernel's
// begin with a generation that does not come so far.
inline constexpr std::uint64_t kFirstGroupId = 0xffff'ffff'0000'0000;
[[nodiscard]] constexpr bool is_group_id(std::uint64_t id) { return id >= kFirstGroupId; }

// Issued once for each attachment and never reused. An ifindex would not do: each netns has its
// own, and the kernel reuses them.
struct InterfaceKey {
  std::uint32_t value = 0;
  auto operator<=>(const InterfaceKey&) const = default;
};

// The pseudo-interface that receives the totals of interfaces that no longer exist.
inline constexpr InterfaceKey kGoneInterface{0xffff'ffffU};
inline constexpr std::string_view kGoneName = "(gone)";

struct InterfaceAccount {
  InterfaceKey iface;
  Account account;
  auto operator<=>(const InterfaceAccount&) const = default;
};

// Whether the account only takes totals of others, so that what it gains is no traffic.
[[nodiscard]] constexpr bool takes_totals(AccountKind kind) {
  return kind == AccountKind::retired || kind == AccountKind::folded;
}
// Whether the account's cgroup_id is that of a cgroup.
[[nodiscard]] constexpr bool has_cgroup(AccountKind kind) {
  return kind == AccountKind::cgroup || kind == AccountKind::folded;
}

// The totals of an account that move to the folded account of the cgroup `into`, which is above the
// account's own.
struct AccountFold {
  InterfaceAccount account;
  std::uint64_t into = 0;  // 0: to (retired), because its cgroup was removed
};

// The name of a cgroup's folded account, from the cgroup's path: "/user.slice/(folded)".
[[nodiscard]] std::string folded_name(std::string_view path);
// Whether a row is of such an account. A cgroup may have the same name, but has an id.
[[nodiscard]] bool is_folded_row(std::uint64_t cgroup_id, std::string_view account);

// "(kernel)", "(no socket)"...; empty for a cgroup, whose name is its path.
[[nodiscard]] std::string_view reason_name(AccountKind kind);

// The facts about a cgroup beside its counters. The adapters fill it.
struct AccountName {
  // "/system.slice/redis.service", by escape_name(); "#4711" if the name is not known.
  SharedText path;
  bool ended = false;  // the cgroup was removed
  ContainerName owner{};
};

// A cgroup that was removed while its accounts may still be in the ledger.
struct RemovedCgroup {
  std::uint64_t cgroup_id = 0;
  Nanoseconds removed{};                // time of the rmdir, CLOCK_BOOTTIME
  std::optional<Nanoseconds> released;  // time at which its last socket closed; empty: not yet
};

}  // namespace cgtally
