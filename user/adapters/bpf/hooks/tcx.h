// SPDX-License-Identifier: Apache-2.0
// Attach types of tcx (6.6), by number: linux/bpf.h of Debian 12 is older. For this directory only.
#pragma once

#include <bpf/bpf.h>

#include "adapters/bpf/hooks/hook.h"

namespace cgtally::bpf {

constexpr bpf_attach_type tcx_type(HookDirection direction) {
  constexpr int kIngress = 46;
  constexpr int kEgress = 47;
  return static_cast<bpf_attach_type>(direction == HookDirection::ingress ? kIngress : kEgress);
}

}  // namespace cgtally::bpf
