// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/loading/shared_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr std::size_t kWords = 16;  // of struct interface_here: one cache line

}  // namespace

// By an example: libbpf 1.1 crashes where the inner map is given another size.
Result<sys::Fd> InterfaceTable::size_windows(bpf_map* windows, std::uint32_t cpus) {
  auto example = create_windows(cpus);
  if (!example) return example;
  if (const int code = bpf_map__set_inner_map_fd(windows, example->get()); code != 0) {
    return std::unexpected(sys::error_from(-code, "size the windows"));
  }
  return example;
}

Result<sys::Fd> InterfaceTable::create_windows(std::uint32_t cpus) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
  sys::Fd made(bpf_map_create(BPF_MAP_TYPE_ARRAY, "cgt_windows", sizeof(std::uint32_t),
                              sizeof(cgt_window_row), 2 * cpus, &options));
  if (!made) return std::unexpected(sys::error_from(errno, "make an interface's windows"));
  return made;
}

Result<void> InterfaceTable::write(std::uint32_t index, std::uint32_t key,
                                   std::span<const std::uint32_t> reason_slots) const {
  std::array<std::uint32_t, kWords> words{};
  std::ranges::copy(reason_slots.first(std::min(reason_slots.size(), kWords)), words.begin());
  words[CGT_CGROUP] = key;
  if (bpf_map_update_elem(interfaces_fd_, &index, words.data(), BPF_ANY) != 0) {
    return std::unexpected(sys::error_from(errno, "tell the programs an interface's key"));
  }
  return {};
}

Result<void> InterfaceTable::write_windows(std::uint32_t index, int windows_fd) const {
  if (bpf_map_update_elem(windows_fd_, &index, &windows_fd, BPF_ANY) != 0) {
    return std::unexpected(sys::error_from(errno, "give the programs an interface's windows"));
  }
  return {};
}

void InterfaceTable::clear_windows(std::uint32_t index) const {
  (void)bpf_map_delete_elem(windows_fd_, &index);
}

Result<std::shared_ptr<SharedPrograms>> SharedPrograms::load(const ProgramConfig& config) {
  auto programs = load_programs(config);
  if (!programs) return std::unexpected(std::move(programs).error());
  const auto& maps = (*programs)->maps;
  const InterfaceTable table(bpf_map__fd(maps.cgt_interfaces_here), bpf_map__fd(maps.cgt_windows),
                             bpf_map__max_entries(maps.cgt_interfaces_here));
  return std::shared_ptr<SharedPrograms>(new SharedPrograms(*std::move(programs), table));
}

bool SharedPrograms::serve(std::uint32_t netns_key, bool ethernet) const {
  return programs_->rodata->netns_key == netns_key &&
         (programs_->rodata->l2_has_ethernet != 0) == ethernet;
}

bool SharedPrograms::have_room_for(int ifindex) const {
  return !taken_.contains(table_.index_of(ifindex));
}

Result<void> SharedPrograms::enter(int ifindex, const cgt_interface& record, std::uint32_t key,
                                   int windows_fd) {
  const std::uint32_t index = table_.index_of(ifindex);
  if (windows_fd >= 0) {
    if (auto written = table_.write_windows(index, windows_fd); !written) return written;
  }
  auto written = table_.write(index, key, record.reason_slot);
  if (written) taken_.insert_or_assign(index, ifindex);
  return written;
}

void SharedPrograms::leave(int ifindex) {
  const auto found = taken_.find(table_.index_of(ifindex));
  if (found == taken_.end() || found->second != ifindex) return;
  if (keep_windows()) table_.clear_windows(found->first);
  taken_.erase(found);
}

std::array<std::uint32_t, 2> SharedPrograms::ids() const {
  return {id_of(programs_->progs.cgt_ingress), id_of(programs_->progs.cgt_egress)};
}

}  // namespace cgtally::bpf
