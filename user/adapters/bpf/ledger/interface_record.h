// SPDX-License-Identifier: Apache-2.0
// The record that a ledger keeps of an interface: which it is, since when it is counted, and what
// its device had counted by then. For this directory only.
#pragma once

#include "cgtally/abi.h"

#include <string>

#include "core/traffic/interface.h"

namespace cgtally::bpf {

[[nodiscard]] bool is_of(const cgt_interface& record, const Interface& link);
// Of an interface that is counted from now on. The calling thread must be in its netns, as below.
[[nodiscard]] cgt_interface new_record(const Interface& link, const std::string& netns_label);
// Neither was it ever attached.
[[nodiscard]] bool is_new(const cgt_interface& record);
// The device's counters as they are now become what it had counted by then.
void take_device_baseline(cgt_interface& record);

}  // namespace cgtally::bpf
