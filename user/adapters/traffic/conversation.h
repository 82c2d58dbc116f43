// SPDX-License-Identifier: Apache-2.0
// Traffic of a known size between two sockets that both belong to this process. Nothing waits for
// longer than kPatience: what has not come by then was lost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::traffic {

inline constexpr std::chrono::seconds kPatience{3};

struct Place {
  std::string address;  // of either family
  std::uint16_t port = 0;
};

Result<void> bind_at(const sys::Fd& socket, const Place& place);

// Datagrams

Result<void> connect_datagrams(const sys::Fd& socket, const Place& peer);

struct Datagrams {
  std::size_t count = 0;
  std::size_t payload_bytes = 0;
};
// Has `to` receive each before many more are sent, so that no queue overflows. The number that
// arrived; fewer than `count` were sent if that many do not arrive.
Result<std::size_t> exchange(const sys::Fd& from, const sys::Fd& to, const Datagrams& datagrams);
// Sends as fast as possible, and reads nothing.
Result<void> send_at_once(const sys::Fd& from, const Datagrams& datagrams);
// `calls` of as many datagrams as one call may have, which the kernel cuts as late as it can. The
// number that arrived.
struct Segmented {
  std::size_t calls = 0;
  std::size_t datagrams_per_call = 0;
  std::uint16_t payload_bytes = 0;
};
Result<std::size_t> exchange_segmented(const sys::Fd& from, const sys::Fd& to,
                                       const Segmented& segmented);

// Connections

// What one end of a connection has sent: its own account, in wire bytes of Ethernet frames whose
// segments have no TCP options.
struct SentByTcp {
  std::uint64_t payload_bytes = 0;  // with what was sent again
  std::uint64_t segments = 0;
};
Result<SentByTcp> sent_by(const sys::Fd& connection);

// `listener` is bound. The end that was accepted.
Result<sys::Fd> connect_pair(const sys::Fd& listener, const sys::Fd& client, const Place& at);
// Sends so many bytes and reads them at the other end. The number of bytes that arrived.
Result<std::size_t> transfer(const sys::Fd& from, const sys::Fd& to, std::size_t bytes);

}  // namespace cgtally::traffic
