// SPDX-License-Identifier: Apache-2.0
// Moves our clsact filters back to the head of their preference, where other people's filters may
// have displaced them: a filter before ours that ends the chain blinds us. Each packet is counted
// once meanwhile (Hook::move_to_head), and a kill at any point leaves filters that the record
// names.
#include "cgtally/abi.h"

#include <bpf/libbpf.h>

#include <optional>
#include <utility>

#include "adapters/bpf/programs/packet_programs_impl.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

using namespace std::chrono_literals;

// Two programs that both want to be the first must not fight: each move costs both of them.
constexpr Nanoseconds kMoveAtMostEvery = 5s;

Hook::MoveProgram move_program(const tally_bpf& programs, HookDirection direction) {
  const auto* program = program_of(programs, direction);
  return {.fd = bpf_program__fd(program), .id = id_of(program)};
}

}  // namespace

Result<void> PacketPrograms::Impl::move_to_head(Attached& one, HookDirection direction) {
  const std::uint32_t number = ++ledger.header().last_move;
  MoveConfig move{.moved = one.shared->programs(), .direction = direction, .number = number};
  const auto leads = load_for_move(config_of(one), move);
  if (!leads) return std::unexpected(leads.error());
  move.role = MoveRole::follows;
  const auto follows = load_for_move(config_of(one), move);
  if (!follows) return std::unexpected(follows.error());
  const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
  auto& hook = direction == HookDirection::ingress ? one.ingress : one.egress;
  return hook->move_to_head({.leads = move_program(**leads, direction),
                             .follows = move_program(**follows, direction),
                             .stays = move_program(one.shared->programs(), direction)},
                            [&](std::uint32_t program, std::uint32_t next) -> Result<void> {
                              one.record.program_id[at] = program;
                              one.record.next_program_id[at] = next;
                              return ledger.put_interface(one.what.key.value, one.record);
                            });
}

// The gap is the longer one of both directions: from the last time that our filter was the first.
std::optional<ReattachedHook> PacketPrograms::Impl::move_to_head(Attached& one, Nanoseconds now) {
  if (!uses_filters(one)) return std::nullopt;
  std::optional<ReattachedHook> moved;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    const bool ingress = direction == HookDirection::ingress;
    Nanoseconds& seen_first = one.seen_first[ingress ? 0 : 1];
    std::string by = (ingress ? one.ingress : one.egress)->displaced_by();
    if (by.empty()) {
      seen_first = now;
      continue;
    }
    const bool too_soon = one.last_move != Nanoseconds{} && now - one.last_move < kMoveAtMostEvery;
    if (too_soon || !move_to_head(one, direction)) continue;
    const Nanoseconds gap = std::max(now - seen_first, moved ? moved->gap : Nanoseconds{});
    moved = {one.what.key, one.what.link.name, gap, std::move(by)};
    seen_first = now;
  }
  if (!moved) return std::nullopt;
  one.last_move = now;
  ++one.record.displaced;
  one.record.displaced_ns += static_cast<std::uint64_t>(moved->gap.count());
  (void)write_record(one);
  list_attachments();
  return moved;
}

}  // namespace cgtally::bpf
