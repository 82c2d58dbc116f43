// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/interface_record.h"

#include <algorithm>
#include <cstring>

#include "adapters/netlink/device_counters.h"
#include "adapters/sys/clock.h"

namespace cgtally::bpf {
namespace {

std::string text_of(const char* chars, std::size_t room) { return {chars, strnlen(chars, room)}; }

void put_text(char* chars, std::size_t room, const std::string& text) {
  std::memcpy(chars, text.data(), std::min(text.size(), room - 1));
}

}  // namespace

bool is_of(const cgt_interface& record, const Interface& link) {
  const NetnsId netns{.inode = record.netns_inode, .cookie = record.netns_cookie};
  return netns.may_be(link.netns_id) && record.ifindex == link.ifindex;
}

std::string name_in(const cgt_interface& record) {
  return text_of(record.name, sizeof(record.name));
}

void set_name(cgt_interface& record, const std::string& name) {
  std::ranges::fill(record.name, '\0');
  put_text(record.name, sizeof(record.name), name);
}

cgt_interface new_record(const Interface& link, const std::string& netns_label) {
  cgt_interface record{};
  const Moment now = sys::now();
  record.netns_inode = link.netns_id.inode;
  record.netns_cookie = link.netns_id.cookie;
  record.ifindex = link.ifindex;
  record.ethernet = link.ethernet;
  record.from_boot_ns = static_cast<std::uint64_t>(now.boot.count());
  record.from_wall_ns = static_cast<std::uint64_t>(now.wall.count());
  take_device_baseline(record);
  put_text(record.name, sizeof(record.name), link.name);
  put_text(record.netns, sizeof(record.netns), netns_label);
  return record;
}

bool is_new(const cgt_interface& record) {
  return record.hook == CGT_HOOK_NONE && record.to_boot_ns == 0;
}

void take_device_baseline(cgt_interface& record) {
  const auto device = netlink::device_counters(record.ifindex);
  if (!device) return;
  record.device = {.rx_bytes = device->carried.rx_bytes.value,
                   .rx_packets = device->carried.rx_packets.value,
                   .tx_bytes = device->carried.tx_bytes.value,
                   .tx_packets = device->carried.tx_packets.value};
}

}  // namespace cgtally::bpf
