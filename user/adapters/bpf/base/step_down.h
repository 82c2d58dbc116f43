// SPDX-License-Identifier: Apache-2.0
// Finds by trying which kernel functions the programs may use. The kernel's types name functions
// that its verifier may refuse nevertheless: without a JIT that can call them, for a process that
// may not see a module's types, or in a program that becomes too complex. What was refused once is
// noted in the KernelFacts, so it is not tried again for the next interface.
#pragma once

#include <functional>

#include "adapters/bpf/base/kernel_features.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// Loads the programs with the functions that its KernelFacts name.
using LoadAttempt = std::function<Result<void>(const KernelFacts&)>;

// Attempts with all that `facts` names, then with less; `facts` is what succeeded, with the reason
// for what was left out. If nothing does, the error is the first attempt's. An error that has
// nothing to do with the programs, such as no permission, ends the attempts.
[[nodiscard]] Result<void> step_down(KernelFacts& facts, const LoadAttempt& attempt);

}  // namespace cgtally::bpf
