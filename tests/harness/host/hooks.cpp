// SPDX-License-Identifier: Apache-2.0
// tc filters are listed by the tc command: nothing of cgtally's own code must be needed to see what
// it leaves.
#include "harness/host/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <sstream>

#include "harness/host/command.h"
#include "harness/host/old_kernel.h"
#include "harness/ledger/pinned.h"

namespace cgtally::harness {
namespace {

// Debian 12's headers do not know tcx.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);
constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);
constexpr std::uint32_t kBefore = 8;  // BPF_F_BEFORE
constexpr std::uint32_t kLatePreference = 200;

bool kernel_has_tcx() { return kernel_is_at_least(6, 6); }

bpf_attach_type tcx(HookDirection direction) {
  return direction == HookDirection::ingress ? kTcxIngress : kTcxEgress;
}
std::string name_of(HookDirection direction) {
  return direction == HookDirection::ingress ? "ingress" : "egress";
}

std::string program_name(std::uint32_t id) {
  const sys::Fd program(bpf_prog_get_fd_by_id(id));
  if (!program) return "";  // gone since it was listed
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  require(bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0, "program info");
  return info.name;
}

std::uint32_t id_of(const sys::Fd& program) {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  require(bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0, "program info");
  return info.id;
}

void add_tcx(std::vector<AttachedProgram>& all, const std::string& device, int ifindex,
             HookDirection direction) {
  if (!kernel_has_tcx()) return;
  std::array<__u32, 64> ids{};
  __u32 count = ids.size();
  require(bpf_prog_query(ifindex, tcx(direction), 0, nullptr, ids.data(), &count) == 0,
          "query tcx of " + device);
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({device + " tcx " + name_of(direction), program_name(ids[i]), ids[i]});
  }
}

void add_filters(std::vector<AttachedProgram>& all, const std::string& device,
                 HookDirection direction) {
  // "filter protocol all pref 1 bpf chain 0 handle 0x1 NAME direct-action ... id 7 tag ..."
  std::istringstream lines(run({"tc", "filter", "show", "dev", device, name_of(direction)}));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    AttachedProgram program{.where = device + " filter " + name_of(direction), .name = {}, .id = 0};
    for (std::string word; words >> word;) {
      if (word == "handle") words >> word >> program.name;
      if (word == "id") words >> program.id;
    }
    // libbpf calls a filter "NAME:[id]".
    program.name = program.name.substr(0, program.name.find(":["));
    if (program.id != 0) all.push_back(program);
  }
}

// tc filters need a clsact qdisc: "qdisc clsact ffff: dev cgt0 parent ffff:fff1".
void add_all_filters(std::vector<AttachedProgram>& all) {
  std::istringstream qdiscs(run({"tc", "qdisc", "show"}));
  for (std::string line; std::getline(qdiscs, line);) {
    if (!line.starts_with("qdisc clsact ")) continue;
    std::istringstream words(line.substr(line.find(" dev ") + 5));
    std::string device;
    words >> device;
    add_filters(all, device, HookDirection::ingress);
    add_filters(all, device, HookDirection::egress);
  }
}

}  // namespace

std::vector<AttachedProgram> attached_programs(const Netns& netns) {
  const Inside guard(netns);
  std::vector<AttachedProgram> all;
  auto* devices = if_nameindex();
  require(devices != nullptr, "if_nameindex");
  for (auto* device = devices; device->if_index != 0; ++device) {
    for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
      add_tcx(all, device->if_name, static_cast<int>(device->if_index), direction);
    }
  }
  if_freenameindex(devices);
  add_all_filters(all);
  return all;
}

std::vector<std::string> attached_cgtally(const Netns& netns) {
  std::vector<std::string> ours;
  for (const auto& program : attached_programs(netns)) {
    if (program.name.starts_with("cgt_")) ours.push_back(program.where + ": " + program.name);
  }
  return ours;
}

ForeignProgram::ForeignProgram(int verdict, const std::string& name, std::uint32_t longer_than)
    : map_(bpf_map_create(BPF_MAP_TYPE_ARRAY, "other_count", sizeof(__u32), sizeof(__u64), 1,
                          nullptr)) {
  require(static_cast<bool>(map_), "map of a foreign program");
  const auto limit = static_cast<__s32>(longer_than);
  const std::array<bpf_insn, 13> code{{
      {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(__sk_buff, len), 0},
      {BPF_JMP | BPF_JLE | BPF_K, BPF_REG_2, 0, 9, limit},         // not longer: to the verdict
      {BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0},            // key = 0
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},  // r2 = &key
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4},
      {BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map_.get()},
      {0, 0, 0, 0, 0},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
      {BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1},
      {BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD},  // ++*value
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, verdict},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
  program_ = sys::Fd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name.c_str(), "GPL", code.data(),
                                   code.size(), nullptr));
  require(static_cast<bool>(program_), "load a foreign program");
}

ForeignProgram ForeignProgram::redirecting_to(int ifindex, const std::string& name,
                                              HookDirection into) {
  const int flags = into == HookDirection::ingress ? BPF_F_INGRESS : 0;
  const std::array<bpf_insn, 4> code{{
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, ifindex},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, flags},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
  ForeignProgram program;
  program.program_ = sys::Fd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name.c_str(), "GPL",
                                           code.data(), code.size(), nullptr));
  require(static_cast<bool>(program.program_), "load a foreign program that redirects");
  return program;
}

void ForeignProgram::attach_tcx(const Netns& netns, const std::string& device,
                                HookDirection direction, bool at_head) {
  if (!kernel_has_tcx()) return attach_filter(netns, device, direction, kLatePreference, id());
  const Inside guard(netns);
  attach_tcx_here(device, direction, at_head);
}

void ForeignProgram::attach_tcx_here(const std::string& device, HookDirection direction,
                                     bool at_head) {
  const auto ifindex = static_cast<int>(if_nametoindex(device.c_str()));
  require(ifindex != 0, device);
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = at_head ? kBefore : 0);
  links_.emplace_back(bpf_link_create(program_.get(), ifindex, tcx(direction), &options));
  require(static_cast<bool>(links_.back()), "attach a foreign tcx program");
}

void ForeignProgram::attach_filter(const Netns& netns, const std::string& device,
                                   HookDirection direction, std::uint32_t preference,
                                   std::uint32_t handle) const {
  const auto ifindex = netns.ifindex(device);
  const Inside guard(netns);
  (void)finish({"tc", "qdisc", "add", "dev", device, "clsact"});  // or it is there already
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
              .attach_point = direction == HookDirection::ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_.get(), .handle = handle,
              .priority = preference);
  errno = -bpf_tc_attach(&hook, &options);
  require(errno == 0, "attach a foreign filter");
}

void ForeignProgram::attach_narrow_filter(const Netns& netns, const std::string& device,
                                          HookDirection direction,
                                          const std::string& protocol) const {
  const Bpffs bpffs;
  const std::string pin = bpffs.path() + "/narrow";
  require(bpf_obj_pin(program_.get(), pin.c_str()) == 0, "pin a foreign program");
  const Inside guard(netns);
  (void)finish({"tc", "qdisc", "add", "dev", device, "clsact"});  // or it is there already
  run({"tc", "filter", "add", "dev", device,
       direction == HookDirection::ingress ? "ingress" : "egress", "protocol", protocol, "pref",
       "1", "bpf", "da", "object-pinned", pin});
}

std::uint64_t ForeignProgram::packets() const {
  const __u32 key = 0;
  std::uint64_t value = 0;
  require(bpf_map_lookup_elem(map_.get(), &key, &value) == 0, "read a foreign count");
  return value;
}

std::uint32_t ForeignProgram::id() const { return id_of(program_); }

XdpDropper::XdpDropper(const Netns& netns, const std::string& device, const std::string& name)
    : netns_(netns), ifindex_(netns.ifindex(device)) {
  const std::array<bpf_insn, 2> code{{
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_DROP},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  }};
  program_ = sys::Fd(
      bpf_prog_load(BPF_PROG_TYPE_XDP, name.c_str(), "GPL", code.data(), code.size(), nullptr));
  require(static_cast<bool>(program_), "load an XDP program");
  const Inside guard(netns_);
  errno = -bpf_xdp_attach(ifindex_, program_.get(), XDP_FLAGS_SKB_MODE, nullptr);
  require(errno == 0, "attach an XDP program");
}

XdpDropper::~XdpDropper() {
  const Inside guard(netns_);
  (void)bpf_xdp_detach(ifindex_, XDP_FLAGS_SKB_MODE, nullptr);
}

std::uint32_t XdpDropper::id() const { return id_of(program_); }

}  // namespace cgtally::harness
