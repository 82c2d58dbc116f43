// SPDX-License-Identifier: Apache-2.0
// Whether the process that loaded a program still lives. A ledger's owner holds an unpinned tracing
// link whose program uses the same maps; the kernel drops it with the process, whatever killed it
// and whatever namespaces it ran in.
#pragma once

#include <cstdint>

namespace cgtally::bpf {

// True also where the kernel does not let us look (no CAP_SYS_ADMIN): a doubt never removes
// anything.
[[nodiscard]] bool owner_process_alive(std::uint32_t program_id);

}  // namespace cgtally::bpf
