// SPDX-License-Identifier: Apache-2.0
// The list of a ledger's maps with their shapes: those that the BPF object declares, and those that
// only userspace uses. One list for making, pinning, opening and forgetting. For bpf/ledger and
// bpf/programs only.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

inline constexpr std::uint32_t kMostInterfaces = 4096;

struct Shape {
  std::string name;  // without "cgt_"
  bpf_map_type type;
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;
  std::uint32_t entries;
  std::uint32_t flags = 0;
};

struct Size {
  std::uint32_t slots;
  std::uint32_t rows;  // of cells: possible CPUs and one more
};

[[nodiscard]] std::vector<Shape> shapes_of(const Size& size);
[[nodiscard]] std::uint32_t final_totals_entries(const Size& size);

// Tells whether all interfaces share the map: not the windows, which each interface has, nor
// .rodata.
[[nodiscard]] bool is_shared(const bpf_map& map);
[[nodiscard]] std::string_view name_of(const bpf_map& map);

Result<sys::Fd> make_map(const Shape& shape);
[[nodiscard]] std::optional<bpf_map_info> info_of(int fd);
[[nodiscard]] bool fits(const bpf_map_info& info, const Shape& shape);

}  // namespace cgtally::bpf
