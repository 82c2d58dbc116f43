// SPDX-License-Identifier: Apache-2.0
// Tells that links, addresses or tc filters of a netns may have changed, never what: who is told
// lists them anew, so that a lost notification costs nothing but a list. Of tcx programs the kernel
// tells nobody: they are looked at from time to time. Belongs to the netns in which it was opened
// and works from any. Open it before the first list.
#pragma once

#include <memory>

#include "core/base/result.h"

namespace cgtally::netlink {

class Socket;

struct Changes {
  bool links = false;
  bool addresses = false;
  bool filters = false;  // tc filters, or qdiscs that hold them
};

class Watcher {
 public:
  static Result<Watcher> open();

  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;
  ~Watcher();

  [[nodiscard]] int fd() const;
  // What may have changed since the last take(); never blocks. After an overrun of the socket:
  // everything.
  [[nodiscard]] Changes take();

 private:
  explicit Watcher(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

}  // namespace cgtally::netlink
