// SPDX-License-Identifier: Apache-2.0
// Counters of the queue at an interface's egress. Packets are counted by our hook before they enter
// the queue, so that counted = sent + backlog + dropped.
#pragma once

#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::netlink {

struct QdiscStats {
  std::string kind;  // "fq_codel"; empty: the interface has no queue, because it is down
  Bytes sent_bytes;
  Packets sent_packets;
  Bytes backlog_bytes;
  Packets backlog_packets;
  Packets drops;
};

// In the calling thread's netns.
[[nodiscard]] Result<QdiscStats> root_qdisc(int ifindex);
[[nodiscard]] Result<bool> has_clsact(int ifindex);
// The root qdiscs of all interfaces, by ifindex; costs no more than one.
[[nodiscard]] Result<std::map<int, QdiscStats>> root_qdiscs();

}  // namespace cgtally::netlink
