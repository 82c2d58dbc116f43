// SPDX-License-Identifier: Apache-2.0
// What kind of machine this is, for a report that others read: nothing that names the host, its
// user or its network.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cgtally::host {

// Names and values in the order in which a person wants them: kernel, distribution, CPUs, what the
// kernel can do of what cgtally uses, and the settings that change what it does.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> machine_lines();

// PRETTY_NAME of the text of an os-release file, without quotes; empty if there is none.
[[nodiscard]] std::string pretty_name_in(const std::string& os_release);

}  // namespace cgtally::host
