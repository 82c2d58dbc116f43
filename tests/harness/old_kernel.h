// SPDX-License-Identifier: Apache-2.0
// A new kernel that behaves like one without tcx, seen from a single thread: the bpf call that
// would make a link is refused by seccomp with the errno that old kernels give.
#pragma once

#include <functional>

namespace cgtally::harness {

// Runs `body` in a thread of its own to which BPF_LINK_CREATE is EINVAL. Rethrows what it throws.
void without_tcx(const std::function<void()>& body);

}  // namespace cgtally::harness
