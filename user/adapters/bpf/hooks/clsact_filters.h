// SPDX-License-Identifier: Apache-2.0
// Our filters in an interface's clsact qdisc, on kernels without tcx. Within one preference the
// filter that was added last runs first (cls_bpf inserts at the head), so ours shares the first
// preference that takes it. Ours are known by their programs, at whatever preference and handle.
// The calling thread must be in the interface's netns.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "adapters/netlink/filters.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// The filters of one direction that packets meet, in the order in which they run.
Result<std::vector<netlink::Filter>> filters_at(int ifindex, HookDirection direction);

// The first preference at whose head a filter of ours can be: nobody has it, or only BPF filters
// for all protocols do.
[[nodiscard]] std::uint32_t best_preference(std::span<const netlink::Filter> filters);

// Adds a filter at the head of the best preference.
Result<Hook::Filter> add_filter(int program_fd, int ifindex, HookDirection direction);
// Replaces the program of a filter: each packet meets one of the two programs. Returns the filter
// with the new program.
Result<Hook::Filter> replace_filter(int program_fd, int ifindex, HookDirection direction,
                                    const Hook::Filter& filter);
int delete_filter(int ifindex, HookDirection direction, const Hook::Filter& filter);

// The filters of `kept`, by its program or its next one; there are two while one moves. The first
// comes first.
[[nodiscard]] std::vector<Hook::Filter> filters_of(int ifindex, HookDirection direction,
                                                   const Hook::Filter& kept);

// The name of the filter that runs before ours though ours could run before it; empty: there is
// none. Another cgtally's is no such filter: it passes all packets on.
[[nodiscard]] std::string displacing_filter(std::span<const netlink::Filter> filters,
                                            std::uint32_t own_program_id);

// Makes the clsact qdisc; false if it was there.
Result<bool> make_qdisc(int ifindex);
void remove_qdisc_if_empty(int ifindex);

}  // namespace cgtally::bpf
