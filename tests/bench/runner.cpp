// SPDX-License-Identifier: Apache-2.0
#include "bench/runner.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <netinet/in.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/loading/shared_programs.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "core/bursts/threshold.h"

namespace cgtally::bench {
namespace {

constexpr std::uint32_t kSlots = 32768;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kNetns = 1;
constexpr std::uint32_t kLoopback = 1;  // its ifindex in each netns
constexpr Nanoseconds kFineWindow = std::chrono::microseconds(100);
constexpr BitRate kFineThreshold{2'500'000'000};
constexpr std::uint64_t kFirstAccount = 100000;  // beyond the inodes of the test's own cgroups

struct Turn {
  std::array<std::uint32_t, 9> tuple;
  std::uint32_t hash;
  std::uint64_t cgroup_id;
};

struct Naive {
  std::uint64_t counters[4];
};

template <typename T>
T& writable(const T& rodata) {
  return const_cast<T&>(rodata);
}

void append16(std::vector<std::uint8_t>& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void append_words(std::vector<std::uint8_t>& bytes, const std::uint32_t* words, std::size_t count) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(words);
  bytes.insert(bytes.end(), raw, raw + count * sizeof(*words));
}

Frame frame_with(Protocol protocol, unsigned payload) {
  const bool ipv6 = protocol == Protocol::tcp6 || protocol == Protocol::udp6;
  const bool tcp = protocol == Protocol::tcp4 || protocol == Protocol::tcp6;
  const unsigned l4 = tcp ? 20 : 8;
  Frame frame;
  const std::uint32_t loopback = htonl(INADDR_LOOPBACK);
  if (ipv6) {
    frame.tuple.words[3] = frame.tuple.words[7] = htonl(1);
    frame.tuple.words[8] = 0x04d20929;
  } else {
    frame.tuple.words = {loopback, loopback, 0x04d20929};
  }
  std::vector<std::uint8_t>& bytes = frame.bytes;
  bytes.assign(12, 0);  // to lo's own address, all zero: a packet for this host
  append16(bytes, ipv6 ? 0x86dd : 0x0800);
  if (ipv6) {
    append16(bytes, 0x6000);
    append16(bytes, 0);
    append16(bytes, l4 + payload);
    bytes.insert(bytes.end(), {static_cast<std::uint8_t>(tcp ? 6 : 17), 64});
    append_words(bytes, &frame.tuple.words[0], 8);
  } else {
    append16(bytes, 0x4500);
    append16(bytes, 20 + l4 + payload);
    bytes.insert(bytes.end(), {0, 0, 0, 0, 64, static_cast<std::uint8_t>(tcp ? 6 : 17), 0, 0});
    append_words(bytes, &frame.tuple.words[0], 2);
  }
  append_words(bytes, &frame.tuple.words[ipv6 ? 8 : 2], 1);
  if (tcp) {
    bytes.insert(bytes.end(), 8, 0);
    append16(bytes, 0x5010);  // 20 bytes, ACK
  }
  bytes.resize(bytes.size() + (tcp ? 6 : 4) + payload);
  return frame;
}

}  // namespace

Frame frame_of(Protocol protocol) { return frame_with(protocol, 100); }

Frame super_packet() {
  constexpr unsigned kSegment = 1448;
  Frame frame = frame_with(Protocol::tcp4, 2 * kSegment);
  frame.gso_size = kSegment;
  return frame;
}

Result<Runner> Runner::load(WindowsKept windows, std::uint32_t most_turns) {
  bpf::Skeleton<bench_bpf> skeleton(bench_bpf::open());
  if (!skeleton) return std::unexpected(sys::error_from(errno, "read the benchmark's programs"));
  const auto cpus = static_cast<std::uint32_t>(libbpf_num_possible_cpus());
  const auto& maps = skeleton->maps;
  bpf_map__set_max_entries(maps.cgt_cells, cpus * kSlots);
  bpf_map__set_max_entries(maps.cgt_handshakes, cpus * kSlots);
  bpf_map__set_max_entries(maps.cgt_slots, kSlots);
  bpf_map__set_max_entries(maps.cgt_free, kSlots);
  bpf_map__set_max_entries(maps.cgt_cpus, cpus);
  const auto example = bpf::InterfaceTable::size_windows(maps.cgt_windows, cpus);
  if (!example) return std::unexpected(example.error());
  bpf_map__set_max_entries(maps.bench_turns, most_turns);
  const bpf::KernelFacts facts = bpf::probe_kernel();
  auto& config = *skeleton->rodata;
  writable(config.netns_key) = kNetns;
  writable(config.slot_count) = kSlots;
  writable(config.have_rdonly_cast) = facts.rdonly_cast;
  writable(config.have_conntrack) = facts.conntrack_lookup;
  writable(config.preempt_rt) = facts.preempt_rt;
  writable(config.flow_jiffies) =
      static_cast<std::uint32_t>(Nanoseconds(std::chrono::seconds{1}) / sys::jiffy());
  const bpf::LedgerOptions options;
  if (windows != WindowsKept::none) {
    const Nanoseconds length = windows == WindowsKept::fine ? kFineWindow : options.window;
    writable(config.window_ns) = static_cast<std::uint64_t>(length.count());
  }
  if (windows == WindowsKept::gated) writable(config.clock_read_bytes) = options.clock_read_bytes;
  if (windows == WindowsKept::fine) {
    writable(config.clock_read_bytes) =
        clock_read_bytes_for(kFineThreshold, kFineWindow, options.clock_read_bytes);
  }
  if (const int code = bench_bpf::load(skeleton.get()); code != 0) {
    return std::unexpected(sys::error_from(-code, "load the benchmark's programs"));
  }
  Runner runner(std::move(skeleton));
  runner.run_time_statistics_ = sys::Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!runner.run_time_statistics_) {
    return std::unexpected(sys::error_from(errno, "turn on the run time statistics of BPF"));
  }
  if (auto filled = runner.fill_maps(); !filled) return std::unexpected(std::move(filled).error());
  return runner;
}

Result<void> Runner::fill_maps() {
  const auto& maps = skeleton_->maps;
  const int free_fd = bpf_map__fd(maps.cgt_free);
  for (std::uint32_t slot = CGT_KINDS; slot < kSlots; ++slot) {  // the first are for reasons
    if (bpf_map_update_elem(free_fd, nullptr, &slot, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "fill the free slots"));
    }
  }
  cgt_address ipv4{.netns = kNetns, .address = {0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK)}};
  cgt_address ipv6{.netns = kNetns, .address = {0, 0, 0, htonl(1)}};
  const std::uint8_t present = 1;
  for (const cgt_address* address : {&ipv4, &ipv6}) {
    if (bpf_map_update_elem(bpf_map__fd(maps.cgt_addresses), address, &present, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "fill the addresses"));
    }
  }
  return set_interface();
}

// A run's interface is lo. The reasons' slots are all 0, as no reason is measured.
Result<void> Runner::set_interface() {
  const auto& maps = skeleton_->maps;
  const bpf::InterfaceTable table(bpf_map__fd(maps.cgt_interfaces_here),
                                  bpf_map__fd(maps.cgt_windows),
                                  bpf_map__max_entries(maps.cgt_interfaces_here));
  const auto windows =
      bpf::InterfaceTable::create_windows(static_cast<std::uint32_t>(libbpf_num_possible_cpus()));
  if (!windows) return std::unexpected(windows.error());
  const std::uint32_t lo = table.index_of(1);
  if (auto written = table.write(lo, kInterface, {}); !written) return written;
  return table.write_windows(lo, windows->get());
}

Result<void> Runner::set_endpoint(const PodEndpoint& pod) {
  const cgt_address key{.netns = kNetns, .address = {0, 0, htonl(0xffff), pod.address}};
  const cgt_endpoint value{
      .cgroup_id = kFirstAccount, .nsid = pod.nsid, .netns_inode = pod.netns_inode};
  const int endpoints = bpf_map__fd(skeleton_->maps.cgt_endpoints);
  const cgt_address kept{.netns = kNetns | CGT_ENDPOINTS_KEPT, .address = {}};
  const cgt_endpoint for_ever{
      .cgroup_id = std::numeric_limits<std::int64_t>::max(), .nsid = -1, .netns_inode = 0};
  if (bpf_map_update_elem(endpoints, &key, &value, BPF_ANY) != 0 ||
      bpf_map_update_elem(endpoints, &kept, &for_ever, BPF_ANY) != 0) {
    return std::unexpected(sys::error_from(errno, "set the pod's address"));
  }
  return {};
}

Result<void> Runner::set_turns(const Frame& frame, const std::vector<Tuple>& tuples,
                               const std::vector<std::uint32_t>& order, std::uint32_t accounts) {
  const int turns_fd = bpf_map__fd(skeleton_->maps.bench_turns);
  const int naive_fd = bpf_map__fd(skeleton_->maps.bench_naive);
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    Turn turn{};
    turn.tuple = tuples[order[i]].words;
    turn.cgroup_id = kFirstAccount + order[i] % accounts;
    if (bpf_map_update_elem(turns_fd, &i, &turn, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "fill the turns"));
    }
  }
  const std::vector<Naive> zero(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  for (std::uint64_t account = 0; account < accounts; ++account) {
    const std::uint64_t id = kFirstAccount + account;
    if (bpf_map_update_elem(naive_fd, &id, zero.data(), BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "fill the naive counter"));
    }
  }
  turn_mask_ = static_cast<std::uint32_t>(order.size()) - 1;
  skeleton_->bss->turn = 0;
  stay_at_first_turn(false);
  auto found =
      run(skeleton_->progs.bench_hash_turns, frame, static_cast<std::uint32_t>(order.size()));
  if (!found) return std::unexpected(std::move(found).error());
  return {};
}

void Runner::stay_at_first_turn(bool stay) { skeleton_->bss->turn_mask = stay ? 0 : turn_mask_; }

Result<double> Runner::run(const bpf_program* program, const Frame& frame, std::uint32_t repeat) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = frame.bytes.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.bytes.size());
  options.repeat = static_cast<int>(repeat);
  __sk_buff context{};
  context.gso_size = frame.gso_size;
  context.ingress_ifindex = kLoopback;  // as if forwarded; only what has no socket is asked for it
  options.ctx_in = &context;
  options.ctx_size_in = sizeof(context);
  if (const int code = bpf_prog_test_run_opts(bpf_program__fd(program), &options); code != 0) {
    return std::unexpected(sys::error_from(-code, "run a benchmark program"));
  }
  return options.duration;
}

Result<double> Runner::hit_share(const Frame& frame, std::uint32_t repeat) {
  skeleton_->bss->hits = 0;
  if (auto ran = run(skeleton_->progs.bench_ingress_hits, frame, repeat); !ran) {
    return std::unexpected(std::move(ran).error());
  }
  return static_cast<double>(skeleton_->bss->hits) / repeat;
}

Spread spread(std::vector<double> values) {
  std::ranges::sort(values);
  return {values[values.size() / 10], values[values.size() / 2]};
}

}  // namespace cgtally::bench
