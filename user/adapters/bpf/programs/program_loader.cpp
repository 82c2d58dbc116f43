// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/program_loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <unistd.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <initializer_list>
#include <utility>

#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/ledger/windows.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

template <typename T>
T& writable(const T& rodata) {
  return const_cast<T&>(rodata);  // .rodata may be filled until it is loaded
}

bool reuse(bpf_map* map, const std::string& pin) {
  const sys::Fd fd(bpf_obj_get(pin.c_str()));
  return fd && bpf_map__reuse_fd(map, fd.get()) == 0;
}

void size_windows(tally_bpf& programs, const ProgramConfig& config) {
  const std::uint32_t cpus = config.ledger.rows() - 1;
  bpf_map__set_max_entries(programs.maps.cgt_windows, 2 * cpus);
  if (config.windows_fd >= 0) {
    bpf_map__reuse_fd(programs.maps.cgt_windows, config.windows_fd);
  } else if (!config.windows_pin.empty() && ::access(config.windows_pin.c_str(), F_OK) == 0) {
    reuse(programs.maps.cgt_windows, config.windows_pin);
  }
}

Result<void> pin_windows(const tally_bpf& programs, const std::string& pin) {
  if (pin.empty() || ::access(pin.c_str(), F_OK) == 0) return {};
  return replace_pin(bpf_map__fd(programs.maps.cgt_windows), pin);
}

void configure_for_kernel(tally_bpf& programs, const KernelFacts& facts) {
  auto& to = *programs.rodata;
  writable(to.have_rdonly_cast) = facts.rdonly_cast;
  writable(to.have_conntrack) = facts.conntrack_lookup;
  writable(to.preempt_rt) = facts.preempt_rt;
}

void configure(tally_bpf& programs, const ProgramConfig& config) {
  auto& to = *programs.rodata;
  const cgt_header& ledger = config.ledger.header();
  configure_for_kernel(programs, config.facts);
  writable(to.iface_key) = config.key;
  writable(to.netns_key) = config.netns_key;
  writable(to.slot_count) = ledger.slots;
  writable(to.l2_has_ethernet) = config.record.ethernet != 0;
  std::ranges::copy(
      config.record.reason_slot,
      const_cast<std::uint32_t*>(static_cast<const volatile std::uint32_t*>(to.reason_slot)));
  if (config.facts.preempt_rt) return;
  writable(to.flow_jiffies) =
      static_cast<std::uint32_t>(Nanoseconds(std::chrono::seconds{1}) / sys::jiffy());
  writable(to.window_ns) = ledger.window_ns;
  writable(to.clock_read_bytes) = ledger.clock_read_bytes;
}

Result<void> load(tally_bpf& programs, const LibbpfLog& log) {
  if (const int code = tally_bpf::load(&programs); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "load the tc programs", "see what is missing: cgtally doctor"),
        log));
  }
  return {};
}

}  // namespace

Result<Skeleton<tally_bpf>> load_programs(const ProgramConfig& config) {
  const LibbpfLog log;
  Skeleton<tally_bpf> programs(tally_bpf::open());
  if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  config.ledger.share_with(programs->obj);
  bpf_program__set_autoload(programs->progs.cgt_origin, false);
  const bool windows = config.ledger.header().window_ns != 0 && !config.facts.preempt_rt;
  if (windows) size_windows(*programs, config);
  configure(*programs, config);
  if (auto loaded = load(*programs, log); !loaded) return std::unexpected(loaded.error());
  if (windows) {
    if (auto pinned = pin_windows(*programs, config.windows_pin); !pinned) {
      return std::unexpected(std::move(pinned).error());
    }
  }
  return programs;
}

Result<Skeleton<tally_bpf>> load_for_move(const ProgramConfig& config, const MoveConfig& move) {
  const LibbpfLog log;
  Skeleton<tally_bpf> programs(tally_bpf::open());
  if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  config.ledger.share_with(programs->obj);
  const int windows = bpf_map__fd(move.moved.maps.cgt_windows);
  if (bpf_map__reuse_fd(programs->maps.cgt_windows, windows) != 0) {
    return std::unexpected(sys::error_from(errno, "share the windows"));
  }
  configure(*programs, config);
  auto& to = *programs->rodata;
  writable(move.role == MoveRole::leads ? to.leads_move : to.follows_move) = move.number;
  const bool ingress = move.direction == HookDirection::ingress;
  bpf_program__set_autoload(programs->progs.cgt_ingress, ingress);
  bpf_program__set_autoload(programs->progs.cgt_egress, !ingress);
  bpf_program__set_autoload(programs->progs.cgt_origin, false);
  if (auto loaded = load(*programs, log); !loaded) return std::unexpected(loaded.error());
  return programs;
}

Result<Skeleton<tally_bpf>> load_origin(const Ledger& ledger, const KernelFacts& facts) {
  const LibbpfLog log;
  Skeleton<tally_bpf> programs(tally_bpf::open());
  if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  ledger.share_with(programs->obj);
  configure_for_kernel(*programs, facts);
  bpf_map__set_autocreate(programs->maps.cgt_windows, false);
  bpf_program__set_autoload(programs->progs.cgt_ingress, false);
  bpf_program__set_autoload(programs->progs.cgt_egress, false);
  if (auto loaded = load(*programs, log); !loaded) return std::unexpected(loaded.error());
  return programs;
}

std::uint32_t id_of(const bpf_program* program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0 ? info.id : 0;
}

Error with_last_words(Error error, const LibbpfLog& log) {
  if (const std::string words = log.last_words(); !words.empty()) {
    error.what += fmt::format(" ({})", words);
  }
  return error;
}

}  // namespace cgtally::bpf
