// SPDX-License-Identifier: Apache-2.0
// From the keeper's observation of a pod after a container's end to the part of that end's row.
#pragma once

#include <optional>
#include <string>

#include "core/lifecycle/aftermath.h"
#include "core/lifecycle/end_watch.h"
#include "core/lifecycle/row.h"

namespace cgtally::lifecycle {

// Whether the observation is that of the end at `end`, and no earlier one of the same container.
[[nodiscard]] bool is_of_end(const Aftermath& aftermath, Nanoseconds end);

[[nodiscard]] PodWatch watch_of(const std::optional<Aftermath>& aftermath, Nanoseconds end);

// `names`: of the siblings, as far as they are known.
[[nodiscard]] InsidePod inside_pod(const Aftermath& aftermath, std::string names);

}  // namespace cgtally::lifecycle
