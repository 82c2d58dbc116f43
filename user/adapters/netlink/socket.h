// SPDX-License-Identifier: Apache-2.0
// Dumps and notifications over netlink, for this folder only.
#pragma once

#include <linux/netlink.h>
#include <netlink/socket.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "adapters/netlink/message.h"
#include "core/base/result.h"

namespace cgtally::netlink {

// A netlink socket of the netns in which it was opened. Repeats a dump that the kernel marks as
// interrupted by a change, so that a dump is whole or an Error; the Error has the kernel's own text
// (extended ack). Does not interpret messages: the caller parses them.
class Socket {
 public:
  static Result<Socket> open(int protocol = NETLINK_ROUTE);

  // Notifications of these groups (RTNLGRP_*) arrive from now on.
  Result<void> join(std::initializer_list<int> groups, int receive_buffer_bytes);
  void leave(std::initializer_list<int> groups);
  // The kernel refuses in a request what it would ignore otherwise: needed where a list is limited
  // (Linux 4.20).
  Result<void> be_strict();
  [[nodiscard]] int fd() const { return nl_socket_get_fd(socket_.get()); }

  // The results of `parse` (nlmsghdr& -> optional<T>) for each message of the answer. `what` names
  // the request in an Error: "list links". After an Error the socket cannot be used again.
  template <typename T, typename Parse>
  Result<std::vector<T>> dump(const std::string& what, const Request& request, Parse parse);
  // Has the kernel change something, and waits until that is done. `what` as for dump().
  Result<void> change(const std::string& what, const Request& request);

 private:
  struct Free {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  };
  using OnMessage = std::function<void(nlmsghdr&)>;

  explicit Socket(nl_sock* socket) : socket_(socket) {}
  Result<void> dump(const std::string& what, const Request& request,
                    const std::function<void()>& on_begin, const OnMessage& on_message);

  std::unique_ptr<nl_sock, Free> socket_;
};

template <typename T, typename Parse>
Result<std::vector<T>> Socket::dump(const std::string& what, const Request& request, Parse parse) {
  std::vector<T> all;
  auto done = dump(
      what, request, [&all] { all.clear(); },
      [&all, &parse](nlmsghdr& message) {
        if (auto one = parse(message)) all.push_back(*std::move(one));
      });
  if (!done) return std::unexpected(std::move(done).error());
  return all;
}

}  // namespace cgtally::netlink
