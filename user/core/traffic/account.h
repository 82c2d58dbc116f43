// SPDX-License-Identifier: Apache-2.0
// What bytes are booked on: a cgroup, or the reason why no cgroup could be named. A reason is a
// kind of its own, never a magic cgroup id.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

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
};

struct Account {
  AccountKind kind = AccountKind::cgroup;
  std::uint64_t cgroup_id = 0;  // the cgroup2 inode; 0 unless kind is cgroup
  auto operator<=>(const Account&) const = default;
};

// Issued once for each attachment and never reused: an ifindex is per netns and comes back.
struct InterfaceKey {
  std::uint32_t value = 0;
  auto operator<=>(const InterfaceKey&) const = default;
};

// The pseudo-interface that takes what is folded of interfaces that no longer exist.
inline constexpr InterfaceKey kGoneInterface{0xffff'ffffU};
inline constexpr std::string_view kGoneName = "(gone)";

struct InterfaceAccount {
  InterfaceKey iface;
  Account account;
  auto operator<=>(const InterfaceAccount&) const = default;
};

// "(kernel)", "(no socket)"...; empty for a cgroup, whose name is its path.
[[nodiscard]] std::string_view reason_name(AccountKind kind);

}  // namespace cgtally
