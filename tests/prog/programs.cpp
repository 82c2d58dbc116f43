// SPDX-License-Identifier: Apache-2.0
#include "prog/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/loading/shared_programs.h"
#include "cgtally/abi.h"

namespace cgtally::prog {
namespace {

constexpr std::uint32_t kSlots = 64;
constexpr std::uint32_t kInterface = 7;
constexpr std::uint32_t kNetns = 3;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

template <typename T>
T& writable(const T& rodata) {
  return const_cast<T&>(rodata);
}

std::uint64_t gained(std::uint64_t before, std::uint64_t after) { return after - before; }

Traffic difference(const Traffic& before, const Traffic& after) {
  return {.rx_bytes = {gained(before.rx_bytes.value, after.rx_bytes.value)},
          .rx_packets = {gained(before.rx_packets.value, after.rx_packets.value)},
          .tx_bytes = {gained(before.tx_bytes.value, after.tx_bytes.value)},
          .tx_packets = {gained(before.tx_packets.value, after.tx_packets.value)}};
}

}  // namespace

Programs::Programs(const std::vector<IpAddress>& addresses, const Choices& choices)
    : skeleton_(tally_bpf::open()), cpus_(static_cast<std::uint32_t>(libbpf_num_possible_cpus())) {
  require(skeleton_ != nullptr, "open the BPF object");
  const auto& maps = skeleton_->maps;
  bpf_map__set_max_entries(maps.cgt_cells, cpus_ * kSlots);
  bpf_map__set_max_entries(maps.cgt_slots, kSlots);
  bpf_map__set_max_entries(maps.cgt_free, kSlots);
  bpf_map__set_max_entries(maps.cgt_cpus, cpus_);
  const auto example = bpf::InterfaceTable::size_windows(maps.cgt_windows, cpus_);
  require(example.has_value(), "size the windows");
  const bpf::KernelFacts facts = bpf::probe_kernel();
  auto& config = *skeleton_->rodata;
  writable(config.netns_key) = kNetns;
  writable(config.slot_count) = kSlots;
  writable(config.have_rdonly_cast) = facts.rdonly_cast && choices.rdonly_cast;
  writable(config.have_conntrack) = facts.conntrack_lookup && choices.conntrack_lookup;
  writable(config.preempt_rt) = choices.preempt_rt;
  writable(config.window_ns) = choices.window_ns;
  writable(config.clock_read_bytes) = choices.clock_read_bytes;
  require(tally_bpf::load(skeleton_.get()) == 0, "load the programs");
  fill_maps(addresses);
  set_interface();
}

// A run's interface is lo of the netns that the test is in, whatever its ifindex is.
void Programs::set_interface() {
  const auto& maps = skeleton_->maps;
  const bpf::InterfaceTable table(bpf_map__fd(maps.cgt_interfaces_here),
                                  bpf_map__fd(maps.cgt_windows),
                                  bpf_map__max_entries(maps.cgt_interfaces_here));
  std::vector<std::uint32_t> reason_slots(CGT_KINDS);
  std::iota(reason_slots.begin(), reason_slots.end(), 0);
  auto windows = bpf::InterfaceTable::create_windows(cpus_);
  require(windows.has_value(), "make the windows");
  windows_ = *std::move(windows);
  const std::uint32_t lo = table.index_of(1);
  require(table.write(lo, kInterface, reason_slots).has_value(), "set the interface");
  require(table.write_windows(lo, windows_.get()).has_value(), "set the windows");
}

void Programs::fill_maps(const std::vector<IpAddress>& addresses) const {
  const int free_fd = bpf_map__fd(skeleton_->maps.cgt_free);
  for (std::uint32_t slot = CGT_KINDS; slot < kSlots; ++slot) {
    require(bpf_map_update_elem(free_fd, nullptr, &slot, BPF_ANY) == 0, "fill the free slots");
  }
  const std::uint8_t present = 1;
  for (const IpAddress& address : addresses) {
    cgt_address key{.netns = kNetns, .address = {}};
    std::memcpy(key.address, address.bytes.data(), sizeof(key.address));
    require(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.cgt_addresses), &key, &present,
                                BPF_ANY) == 0,
            "fill the addresses");
  }
}

std::map<Account, Traffic> Programs::books() const {
  std::map<Account, Traffic> books;
  for (std::uint32_t index = 0; index < cpus_ * kSlots; ++index) {
    cgt_cell cell{};
    require(bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.cgt_cells), &index, &cell) == 0,
            "read a cell");
    const std::uint32_t slot = index % kSlots;
    // As the loader reserved them, reasons have the first slots and no key of their own.
    const Account account = slot < CGT_KINDS ? Account{static_cast<AccountKind>(slot), 0}
                                             : Account{AccountKind::cgroup, cell.key.cgroup_id};
    const Traffic traffic{.rx_bytes = {cell.rx_bytes},
                          .rx_packets = {cell.rx_packets},
                          .tx_bytes = {cell.tx_bytes},
                          .tx_packets = {cell.tx_packets}};
    if (!traffic.empty()) books[account] += traffic;
  }
  return books;
}

Traffic Programs::total() const {
  Traffic total;
  for (const auto& [account, traffic] : books()) total += traffic;
  return total;
}

std::int32_t Programs::answer(HookDirection direction, const harness::Frame& frame,
                              std::uint32_t gso_size) const {
  __sk_buff context{};
  context.gso_size = gso_size;
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = frame.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof(context);
  options.repeat = 1;
  const bpf_program* program = direction == HookDirection::ingress ? skeleton_->progs.cgt_ingress
                                                                   : skeleton_->progs.cgt_egress;
  require(bpf_prog_test_run_opts(bpf_program__fd(program), &options) == 0, "run a program");
  return static_cast<std::int32_t>(options.retval);
}

Outcome Programs::run(HookDirection direction, const harness::Frame& frame,
                      std::uint32_t gso_size) const {
  const std::map<Account, Traffic> before = books();
  Outcome outcome{answer(direction, frame, gso_size), {}};
  for (const auto& [account, traffic] : books()) {
    const auto known = before.find(account);
    const Traffic gain = difference(known == before.end() ? Traffic{} : known->second, traffic);
    if (!gain.empty()) outcome.booked[account] = gain;
  }
  return outcome;
}

}  // namespace cgtally::prog
