// SPDX-License-Identifier: Apache-2.0
// Attach types of tcx (6.6) by number: linux/bpf.h of Debian 12 is older. For adapters/bpf only.
#pragma once

#include <bpf/bpf.h>

namespace cgtally::bpf {

inline constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);
inline constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);

}  // namespace cgtally::bpf
