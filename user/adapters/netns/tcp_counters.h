// SPDX-License-Identifier: Apache-2.0
// The counters of a netns' TCP, from an open /proc/PID/net/snmp of one of its processes. The file
// can be read as long as it is open, also after that process, and it holds the netns for as long:
// with the last process gone, the caller must close it, or the devices in there stay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/lifecycle/aftermath_observer.h"

namespace cgtally::netns {

// One open file. Enters no netns.
class TcpCounters {
 public:
  // `process` is "/proc/PID". ESRCH: it is not in the netns with that inode any more.
  static Result<TcpCounters> open(const std::string& process, std::uint64_t inode);
  [[nodiscard]] std::optional<NetnsTcpCounts> read() const;

 private:
  explicit TcpCounters(sys::Fd file) : file_(std::move(file)) {}
  sys::Fd file_;
};

// Whether the process is in that netns. Another one may have got its id, but then one of the netns.
[[nodiscard]] bool is_in_netns(const std::string& process, std::uint64_t inode);

// From the text of /proc/net/snmp.
[[nodiscard]] std::optional<NetnsTcpCounts> tcp_counts_of(std::string_view snmp);

}  // namespace cgtally::netns
