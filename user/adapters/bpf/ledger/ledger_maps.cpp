// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/ledger_maps.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <tally.skel.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <optional>

#include "adapters/bpf/base/skeleton.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr std::string_view kPrefix = "cgt_";

// The size of a map whose size the BPF object cannot know.
std::optional<std::uint32_t> entries_of(std::string_view name, const Size& size) {
  if (name == "cells" || name == "handshakes") return size.rows * size.slots;
  if (name == "slots" || name == "free") return size.slots;
  if (name == "claims" || name == "shares") return size.slots * 2;
  if (name == "cpus") return (size.rows - 1);
  return std::nullopt;
}

std::vector<Shape> maps_of_programs(const Size& size) {
  std::vector<Shape> shapes;
  const Skeleton<tally_bpf> skeleton(tally_bpf::open());
  if (!skeleton) return shapes;
  const bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton->obj) {
    if (!is_shared(*map)) continue;
    const std::string name(name_of(*map));
    shapes.push_back({name, bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map),
                      entries_of(name, size).value_or(bpf_map__max_entries(map)),
                      bpf_map__map_flags(map)});
  }
  return shapes;
}

}  // namespace

bool is_shared(const bpf_map& map) {
  const std::string_view name = bpf_map__name(&map);
  // What belongs to one load of the programs is no part of the ledger.
  return name.starts_with(kPrefix) && !name.starts_with("cgt_window") &&
         name != "cgt_interfaces_here";
}

std::string_view name_of(const bpf_map& map) {
  return std::string_view(bpf_map__name(&map)).substr(kPrefix.size());
}

std::uint32_t final_totals_entries(const Size& size) {
  constexpr std::uint32_t kPerSlot = 8;  // so that a reader with a long interval misses none
  return size.slots * kPerSlot;
}

std::vector<Shape> shapes_of(const Size& size) {
  auto shapes = maps_of_programs(size);
  constexpr std::uint32_t kIndex = sizeof(std::uint32_t);
  shapes.push_back({"header", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(cgt_header), 1, BPF_F_MMAPABLE});
  shapes.push_back({"interfaces", BPF_MAP_TYPE_HASH, kIndex, sizeof(cgt_interface), kMostInterfaces,
                    BPF_F_NO_PREALLOC});
  shapes.push_back({"final_totals", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(cgt_final_totals),
                    final_totals_entries(size), BPF_F_MMAPABLE});
  shapes.push_back(
      {"missed", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(std::uint64_t), 1, BPF_F_MMAPABLE});
  shapes.push_back({"removed", BPF_MAP_TYPE_HASH, sizeof(std::uint64_t), sizeof(cgt_removed_cgroup),
                    CGT_REGISTRY_SIZE, BPF_F_NO_PREALLOC});
  shapes.push_back({"owner_names", BPF_MAP_TYPE_HASH, sizeof(std::uint64_t), sizeof(cgt_owner_name),
                    CGT_OWNER_NAMES, BPF_F_NO_PREALLOC});
  shapes.push_back({"aftermaths", BPF_MAP_TYPE_HASH, sizeof(std::uint64_t), sizeof(cgt_aftermath),
                    CGT_AFTERMATHS, BPF_F_NO_PREALLOC});
  shapes.push_back({"refusals", BPF_MAP_TYPE_LRU_HASH, sizeof(cgt_refusal_key), sizeof(cgt_refusal),
                    CGT_REFUSALS});
  shapes.push_back({"choice", BPF_MAP_TYPE_HASH, kIndex, sizeof(cgt_chosen), CGT_CHOSEN_ENTRIES,
                    BPF_F_NO_PREALLOC});
  return shapes;
}

Result<sys::Fd> make_map(const Shape& shape) {
  LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = shape.flags);
  const std::string name = fmt::format("{}{}", kPrefix, shape.name);
  sys::Fd fd(bpf_map_create(shape.type, name.substr(0, BPF_OBJ_NAME_LEN - 1).c_str(),
                            shape.key_bytes, shape.value_bytes, shape.entries, &opts));
  if (!fd) {
    const int code = errno;
    Error error =
        sys::error_from(code, "create the ledger",
                        code == ENOMEM || code == E2BIG ? "choose fewer --slots"
                                                        : "see what is missing: cgtally doctor");
    error.what += fmt::format(" (its map '{}')", shape.name);
    return std::unexpected(std::move(error));
  }
  return fd;
}

std::optional<bpf_map_info> info_of(int fd) {
  bpf_map_info info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) return std::nullopt;
  return info;
}

bool fits(const bpf_map_info& info, const Shape& shape) {
  return info.type == static_cast<std::uint32_t>(shape.type) && info.key_size == shape.key_bytes &&
         info.value_size == shape.value_bytes && info.max_entries == shape.entries;
}

}  // namespace cgtally::bpf
