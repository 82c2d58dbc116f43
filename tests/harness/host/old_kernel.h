// SPDX-License-Identifier: Apache-2.0
// What the kernel is too old for; and a kernel that refuses system calls which the real one has,
// seen from a single thread and from what it starts: seccomp, with the errno that such kernels and
// containers give.
#pragma once

#include <functional>

namespace cgtally::harness {

// By its version, so that no mistake in the use of something new looks like its absence.
[[nodiscard]] bool kernel_is_at_least(long major, long minor);

// For good, in the calling thread.
void refuse_bpf(int error);  // all of it
void refuse_bpf_links();     // as where there is no tcx
void die_at_ftruncate();     // by SIGSYS, which cannot be caught

// Runs `body` in a thread of its own. Rethrows what it throws.
void in_own_thread(const std::function<void()>& body);
// The same, with refuse_bpf_links().
void without_tcx(const std::function<void()>& body);

}  // namespace cgtally::harness
