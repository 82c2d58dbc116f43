// SPDX-License-Identifier: Apache-2.0
// News of links, addresses and netns ids: of the netns in which it was opened, and of all others
// that have an id in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/endpoints/endpoints.h"

namespace cgtally::netlink {

class Socket;

struct NetnsEvent {
  struct Link {
    LinkedDevice device;  // `link_nsid` is an id in the netns of the device
    bool removed = false;
  };
  struct Address {
    DeviceAddress address;
    bool removed = false;
  };
  struct Id {
    int nsid = -1;
    bool removed = false;  // the netns has ended, and another one may get the id
  };
  struct Lost {};  // news that were not read in time, or not whole

  std::optional<int> nsid;  // of the netns; empty: the own one
  std::variant<Link, Address, Id, Lost> what;
};

// EndpointWatcher has one for each netns, and polls it. Open it before the first list.
class NetnsNews {
 public:
  // EPERM: news of other netns need CAP_NET_BROADCAST.
  static Result<NetnsNews> open();

  NetnsNews(NetnsNews&&) noexcept;
  NetnsNews& operator=(NetnsNews&&) noexcept;
  ~NetnsNews();

  [[nodiscard]] int fd() const;
  // In the order in which the kernel sent them; never blocks. About `most` at once.
  [[nodiscard]] std::vector<NetnsEvent> read(std::size_t most);

 private:
  explicit NetnsNews(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

}  // namespace cgtally::netlink
