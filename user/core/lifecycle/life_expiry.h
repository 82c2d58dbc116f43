// SPDX-License-Identifier: Apache-2.0
// Which lives the ledger forgets when its room for them runs short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/lifecycle/life.h"

namespace cgtally {

// The ids of the cgroups. None while a quarter of `room` is free. Then those go that were over a
// day ago; if that is not enough, the oldest that are over, until half of the room is free; at
// last, if still less than a quarter is, cgroups that live and have no account. One that lives and
// has an account is never forgotten.
[[nodiscard]] std::vector<std::uint64_t> lives_to_forget(
    std::vector<CgroupLife> lives, const std::function<bool(std::uint64_t cgroup_id)>& has_account,
    Nanoseconds now, std::size_t room);

}  // namespace cgtally
