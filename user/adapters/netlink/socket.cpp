// SPDX-License-Identifier: Apache-2.0
// libnl has its own error numbers and drops the errno and the text of the kernel's answer. Two
// callbacks save both.
#include "adapters/netlink/socket.h"

#include <fmt/core.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>

#include <algorithm>
#include <cerrno>

#include "adapters/sys/error.h"

namespace cgtally::netlink {
namespace {

// On a host where thousands of interfaces come and go, many dumps in a row can be interrupted.
constexpr int kMaxTries = 32;

// The most that the kernel puts into one part of a dump. With fewer parts, fewer changes come
// between them. Longer messages are received, too, because their length is peeked at first.
constexpr std::size_t kPartBytes = 32'768;

struct Exchange {
  const std::function<void(nlmsghdr&)>* on_message;
  int code = 0;      // errno that the kernel answered with
  std::string text;  // its extended ack, if any
  bool ended = false;
};

// The text among the attributes that follow `skip` bytes of the payload.
std::string extended_ack(nlmsghdr& message, std::size_t skip) {
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  return Attributes<NLMSGERR_ATTR_MAX>(message, skip).text(NLMSGERR_ATTR_MSG);
}

int on_valid(nl_msg* message, void* exchange) {
  (*static_cast<Exchange*>(exchange)->on_message)(*nlmsg_hdr(message));
  return NL_OK;
}

int on_error(sockaddr_nl* /*from*/, nlmsgerr* error, void* exchange) {
  auto& message = *reinterpret_cast<nlmsghdr*>(reinterpret_cast<char*>(error) - NLMSG_HDRLEN);
  const bool capped = (message.nlmsg_flags & NLM_F_CAPPED) != 0;
  const std::size_t echoed = capped ? 0 : error->msg.nlmsg_len - NLMSG_HDRLEN;
  auto& result = *static_cast<Exchange*>(exchange);
  result.ended = true;
  result.code = -error->error;
  result.text = extended_ack(message, sizeof(*error) + echoed);
  return NL_STOP;
}

// After what one request asks for, and after a change.
int on_ack(nl_msg* /*ack*/, void* exchange) {
  static_cast<Exchange*>(exchange)->ended = true;
  return NL_STOP;
}

// A dump that fails after its beginning reports the error in its last message.
int on_finish(nl_msg* finish, void* exchange) {
  nlmsghdr& message = *nlmsg_hdr(finish);
  const int error = header_of<int>(message).value_or(0);
  auto& result = *static_cast<Exchange*>(exchange);
  result.ended = true;
  if (error >= 0) return NL_OK;
  result.code = -error;
  result.text = extended_ack(message, sizeof(error));
  return NL_OK;
}

// An error of libnl, before the kernel answers.
Error library_error(const std::string& what, int error) {
  return Error{.what = fmt::format("{}: {}", what, nl_geterror(error)), .hint = {}};
}

}  // namespace

Result<Socket> Socket::open(int protocol) {
  Socket socket(nl_socket_alloc());
  if (!socket.socket_) return std::unexpected(sys::error_from(ENOMEM, "open a netlink socket"));
  if (const int error = nl_connect(socket.socket_.get(), protocol); error < 0) {
    return std::unexpected(library_error("open a netlink socket", error));
  }
  nl_socket_set_msg_buf_size(socket.socket_.get(), kPartBytes);
  nl_socket_enable_msg_peek(socket.socket_.get());
  const int on = 1;
  // If this fails, errors have no text.
  (void)setsockopt(socket.fd(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  return socket;
}

Result<void> Socket::join(std::initializer_list<int> groups, int receive_buffer_bytes) {
  if (nl_socket_set_buffer_size(socket_.get(), receive_buffer_bytes, 0) < 0) {
    return std::unexpected(sys::error_from(errno, "size a netlink socket"));
  }
  for (const int group : groups) {
    if (const int error = nl_socket_add_membership(socket_.get(), group); error < 0) {
      return std::unexpected(library_error("watch a netlink group", error));
    }
  }
  return {};
}

void Socket::leave(std::initializer_list<int> groups) {
  for (const int group : groups) (void)nl_socket_drop_membership(socket_.get(), group);
}

Result<void> Socket::be_strict() {
  const int on = 1;
  if (setsockopt(fd(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) == 0) return {};
  return std::unexpected(
      sys::error_from(errno, "list exactly what is asked for", "take Linux 4.20 or later"));
}

Result<void> Socket::change(const std::string& what, const Request& request) {
  return dump(what, request, [] {}, [](nlmsghdr&) {});
}

Result<void> Socket::dump(const std::string& what, const Request& request,
                          const std::function<void()>& on_begin, const OnMessage& on_message) {
  Exchange exchange{.on_message = &on_message, .text = {}};
  const std::unique_ptr<nl_cb, decltype(&nl_cb_put)> callbacks(nl_cb_alloc(NL_CB_DEFAULT),
                                                               &nl_cb_put);
  if (!callbacks || !request.complete()) return std::unexpected(sys::error_from(ENOMEM, what));
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, on_valid, &exchange);
  nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, on_ack, &exchange);
  nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, on_finish, &exchange);
  nl_cb_err(callbacks.get(), NL_CB_CUSTOM, on_error, &exchange);

  for (int tries = 0; tries < kMaxTries; ++tries) {
    on_begin();
    nlmsg_hdr(request.get())->nlmsg_seq = NL_AUTO_SEQ;  // a fresh one for each try
    exchange.ended = false;
    int error = nl_send_auto(socket_.get(), request.get());
    // What one request asks for comes alone, and its acknowledgement, which must not be taken for
    // that of the next request, comes after it.
    while (error >= 0 && !exchange.ended) error = nl_recvmsgs(socket_.get(), callbacks.get());
    if (exchange.code == EINTR || error == -NLE_DUMP_INTR) {
      exchange.code = 0;
      continue;
    }
    if (exchange.code != 0) {
      const std::string text = exchange.text.empty() ? "" : fmt::format(" ({})", exchange.text);
      return std::unexpected(sys::error_from(exchange.code, what + text));
    }
    if (error < 0) return std::unexpected(library_error(what, error));
    return {};
  }
  return std::unexpected(sys::error_from(EAGAIN, what + ": they change faster than they are read",
                                         "try again when fewer interfaces come and go"));
}

}  // namespace cgtally::netlink
