// SPDX-License-Identifier: Apache-2.0
// The attach types of tcx (kernel 6.6) by number, because linux/bpf.h of Debian 12 lacks them. For
// adapters/bpf only.
#pragma once

#include <bpf/bpf.h>

namespace cgtally::bpf {

inline constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);
inline constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);

}  // namespace cgtally::bpf
