// SPDX-License-Identifier: Apache-2.0
// Tells which features the kernel is too old for, and makes the kernel look older than it is to one
// thread and its children: seccomp refuses system calls with the errno that such kernels and
// containers give.
#pragma once

#include <functional>

namespace cgtally::harness {

// Goes by the kernel's version, so that a mistake in the use of a new feature does not look like
// its absence.
[[nodiscard]] bool kernel_is_at_least(long major, long minor);

// These cannot be undone in the calling thread.
void refuse_bpf(int error);  // all of it
void refuse_bpf_links();     // as where there is no tcx
void die_at_ftruncate();     // by SIGSYS, which cannot be caught

// Runs `body` in a thread of its own. Rethrows what it throws.
void in_own_thread(const std::function<void()>& body);
// The same, with refuse_bpf_links().
void without_tcx(const std::function<void()>& body);

}  // namespace cgtally::harness
