// SPDX-License-Identifier: Apache-2.0
// Loads the tc programs to see whether this kernel takes them, and with which of its functions;
// attaches nothing, and leaves nothing. For `doctor` and `status`, and for what is said after a
// failed start.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "adapters/bpf/base/kernel_features.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// With maps of their own. Takes from `facts` what the kernel refuses: base/step_down.h.
[[nodiscard]] Result<void> try_programs(KernelFacts& facts);

// The functions that the kernel names and that these programs, which another process may have
// loaded, do not use. Loads programs only if there are any, for the reason.
[[nodiscard]] std::vector<RefusedFunction> not_used_by(std::span<const std::uint32_t> program_ids);

}  // namespace cgtally::bpf
