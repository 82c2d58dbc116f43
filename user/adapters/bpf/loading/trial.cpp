// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/loading/trial.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "adapters/bpf/ledger/ledger_options.h"
#include "adapters/bpf/loading/program_loader.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {
namespace {

using Constants = std::remove_pointer_t<decltype(tally_bpf::rodata)>;

// The constants of a program as they were loaded; empty if it has gone, or is another build's.
std::optional<Constants> constants_of(std::uint32_t program_id) {
  const sys::Fd program(bpf_prog_get_fd_by_id(program_id));
  std::array<std::uint32_t, 64> maps{};
  bpf_prog_info info{};
  info.nr_map_ids = maps.size();
  info.map_ids = reinterpret_cast<std::uint64_t>(maps.data());
  std::uint32_t size = sizeof(info);
  if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return {};
  for (std::size_t i = 0; i < std::min<std::size_t>(info.nr_map_ids, maps.size()); ++i) {
    const sys::Fd map(bpf_map_get_fd_by_id(maps[i]));
    bpf_map_info about{};
    std::uint32_t about_size = sizeof(about);
    if (!map || bpf_obj_get_info_by_fd(map.get(), &about, &about_size) != 0) continue;
    const bool constants = std::string_view(about.name).find(".rodata") != std::string_view::npos;
    if (!constants || about.value_size != sizeof(Constants)) continue;
    Constants found{};
    const std::uint32_t zero = 0;
    if (bpf_map_lookup_elem(map.get(), &zero, &found) == 0) return found;
  }
  return {};
}

}  // namespace

Result<void> try_programs(KernelFacts& facts) {
  const auto loaded =
      load_prepared(facts, [](tally_bpf& one, const KernelFacts& chosen) -> Result<void> {
        configure_for_kernel(one, chosen);
        if (chosen.preempt_rt) return {};
        // As counting has them: what a constant leaves out is not verified.
        writable(one.rodata->window_ns) =
            static_cast<std::uint64_t>(LedgerOptions{}.window.count());
        return {};
      });
  if (!loaded) return std::unexpected(loaded.error());
  return {};
}

std::vector<RefusedFunction> not_used_by(std::span<const std::uint32_t> program_ids) {
  KernelFacts named = probe_kernel();
  for (const std::uint32_t id : program_ids) {
    const auto used = constants_of(id);
    if (!used) continue;
    const bool no_conntrack = named.conntrack_lookup && used->have_conntrack == 0;
    const bool no_cast = named.rdonly_cast && used->have_rdonly_cast == 0;
    if (!no_conntrack && !no_cast) return {};
    (void)try_programs(named);
    std::vector<RefusedFunction> all;
    const auto add = [&](const char* function) {
      const auto why = std::ranges::find(named.refused, function, &RefusedFunction::function);
      all.push_back({.function = function,
                     .why = why == named.refused.end()
                                ? "when the programs were loaded, not for this process"
                                : why->why});
    };
    if (no_conntrack) add("bpf_skb_ct_lookup");
    if (no_cast) add("bpf_rdonly_cast");
    return all;
  }
  return {};
}

}  // namespace cgtally::bpf
