// SPDX-License-Identifier: Apache-2.0
// The attach type of a tcx program for a direction.
#pragma once

#include "adapters/bpf/base/tcx.h"
#include "adapters/bpf/hooks/hook.h"

namespace cgtally::bpf {

constexpr bpf_attach_type tcx_type(HookDirection direction) {
  return direction == HookDirection::ingress ? kTcxIngress : kTcxEgress;
}

}  // namespace cgtally::bpf
