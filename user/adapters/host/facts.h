// SPDX-License-Identifier: Apache-2.0
// Gathers the facts about this machine and this process that the diagnosis of `doctor` needs.
// Changes nothing; a fact that cannot be read counts as absent.
#pragma once

#include <string>

#include "core/health/host_diagnosis.h"

namespace cgtally::host {

// What a start needs to know why it failed.
[[nodiscard]] HostFacts gather_facts(const std::string& host_root);
// Also of the containers here, and of how this process was started.
[[nodiscard]] HostFacts gather_all_facts(const std::string& host_root);

// The effective capabilities in the text of /proc/PID/status; 0 if the line is missing.
[[nodiscard]] std::uint64_t effective_capabilities_in(const std::string& status);
// "none [integrity] confidentiality" -> "integrity".
[[nodiscard]] std::string lockdown_mode_in(const std::string& text);

}  // namespace cgtally::host
