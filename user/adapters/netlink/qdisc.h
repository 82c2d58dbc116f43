// SPDX-License-Identifier: Apache-2.0
// What the queue at an interface's egress did with the packets that were booked when they entered
// it: booked = sent + backlog + dropped.
#pragma once

#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::netlink {

struct QdiscStats {
  std::string kind;  // "fq_codel"; empty: the interface has no queue to look at (it is down)
  Bytes sent_bytes;
  Packets sent_packets;
  Bytes backlog_bytes;
  Packets backlog_packets;
  Packets drops;
};

// In the calling thread's netns.
[[nodiscard]] Result<QdiscStats> root_qdisc(int ifindex);
[[nodiscard]] Result<bool> has_clsact(int ifindex);
// Of all interfaces there, by ifindex, at the price of one.
[[nodiscard]] Result<std::map<int, QdiscStats>> root_qdiscs();

}  // namespace cgtally::netlink
