// SPDX-License-Identifier: Apache-2.0
// The record that a ledger keeps of an interface: its identity, since when it is counted, and what
// its device had counted by then. Used by bpf/ledger and bpf/programs only.
#pragma once

#include "cgtally/abi.h"

#include <string>

#include "core/traffic/interface.h"

namespace cgtally::bpf {

// Tells whether the record has the interface's netns and index. Its name may have changed since.
[[nodiscard]] bool is_of(const cgt_interface& record, const Interface& link);
[[nodiscard]] std::string name_in(const cgt_interface& record);
void set_name(cgt_interface& record, const std::string& name);
// The record of an interface that is counted from now on. The calling thread must be in the netns
// of the interface, here and below.
[[nodiscard]] cgt_interface new_record(const Interface& link, const std::string& netns_label);
// Tells whether no hook was ever attached.
[[nodiscard]] bool is_new(const cgt_interface& record);
// Sets the device's counters of the record to what the device has counted now.
void take_device_baseline(cgt_interface& record);

}  // namespace cgtally::bpf
