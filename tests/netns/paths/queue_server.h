// SPDX-License-Identifier: Apache-2.0
// A process's part in NFQUEUE: takes each packet of a queue and gives it back as it is, as long as
// the object lives.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "adapters/sys/fd.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

// What `netns` forwards goes through the queue, by nftables or, where the kernel has that only, by
// iptables.
[[nodiscard]] bool queue_forwarded(const Netns& netns, std::uint16_t queue);

class QueueServer {
 public:
  QueueServer(const Netns& netns, std::uint16_t queue);
  QueueServer(const QueueServer&) = delete;
  QueueServer& operator=(const QueueServer&) = delete;
  ~QueueServer();

 private:
  void send(std::uint16_t type, const void* attribute, std::uint16_t attribute_type,
            std::uint16_t bytes) const;
  void serve() const;

  std::uint16_t queue_;
  sys::Fd socket_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace cgtally::harness
