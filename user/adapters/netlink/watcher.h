// SPDX-License-Identifier: Apache-2.0
// Notifications about links, addresses and tc filters of a netns.
#pragma once

#include <memory>

#include "core/base/result.h"

namespace cgtally::netlink {

class Socket;

struct Changes {
  bool links = false;
  bool addresses = false;
  bool filters = false;  // tc filters, or qdiscs that hold them
  bool routes = false;   // only while follow_routes()
};

// Reports that links, addresses or tc filters may have changed, but not how: its user, an interface
// set, lists them again, so that a lost notification costs only a list. Does not report tcx
// programs: the kernel sends no notification for those. Belongs to the netns in which it was
// opened, and can be read from any. Open it before the first list.
class Watcher {
 public:
  static Result<Watcher> open();

  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;
  ~Watcher();

  // Reports routes, too, from now on, or no longer. A router may have a million of them.
  Result<void> follow_routes(bool follow);

  [[nodiscard]] int fd() const;
  // The changes since the last call; never blocks. After an overrun of the socket, all are set.
  [[nodiscard]] Changes read_changes();

 private:
  explicit Watcher(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

}  // namespace cgtally::netlink
