// SPDX-License-Identifier: Apache-2.0
// Looks at this machine and this process, and gathers what the diagnosis needs to know. Changes
// nothing; what cannot be read counts as not there.
#pragma once

#include <string>

#include "core/health/host_diagnosis.h"

namespace cgtally::host {

[[nodiscard]] HostFacts gather_facts(const std::string& host_root);

// The effective set in the text of /proc/PID/status; 0 where it has no such line.
[[nodiscard]] std::uint64_t effective_capabilities_in(const std::string& status);
// "none [integrity] confidentiality" -> "integrity".
[[nodiscard]] std::string lockdown_mode_in(const std::string& text);

}  // namespace cgtally::host
