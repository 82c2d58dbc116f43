// SPDX-License-Identifier: Apache-2.0
// Tells whether a filter runs a program of cgtally, and whether the process that loaded it is
// alive. Each process that counts holds a liveness link: a tracing link whose program uses the same
// maps. The kernel drops the link with the process, however it ends and in whatever namespaces it
// ran.
#pragma once

#include <cstdint>

namespace cgtally::netlink {
struct Filter;
}

namespace cgtally::bpf {

// Whether the filter's program is one of those that count, or the one at the devices of pods.
// Judged by its name and its maps; by its name alone if the kernel does not let us look.
[[nodiscard]] bool is_packet_program(const netlink::Filter& filter);

// Also true if the kernel does not let us look (no CAP_SYS_ADMIN): nothing is removed on a guess.
[[nodiscard]] bool owner_process_alive(std::uint32_t program_id);

// Whether the filter's program is cgt_origin, or cgt_refused, of the ledger whose map has that id.
[[nodiscard]] bool is_origin_of(const netlink::Filter& filter, std::uint32_t map_id);

}  // namespace cgtally::bpf
