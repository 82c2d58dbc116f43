// SPDX-License-Identifier: Apache-2.0
#include "adapters/traffic/socket_maker.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/sys/child.h"
#include "adapters/sys/error.h"

namespace cgtally::traffic {
namespace {

struct Request {
  int family;
  int type;
};

// The answer to a request: 0 with a descriptor, or an errno.
struct Answer {
  int code = 0;
};

union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

bool answer(int channel, Answer text, int descriptor) {
  iovec part{.iov_base = &text, .iov_len = sizeof(text)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control{};
  if (descriptor >= 0) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    cmsghdr* passed = CMSG_FIRSTHDR(&message);
    passed->cmsg_level = SOL_SOCKET;
    passed->cmsg_type = SCM_RIGHTS;
    passed->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(passed), &descriptor, sizeof(descriptor));
  }
  return ::sendmsg(channel, &message, MSG_NOSIGNAL) == ssize_t{sizeof(text)};
}

// The descriptor, or minus an errno.
int receive_answer(int channel) {
  Answer text;
  iovec part{.iov_base = &text, .iov_len = sizeof(text)};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const ssize_t got = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  if (got != ssize_t{sizeof(text)}) return got < 0 ? -errno : -ECHILD;
  if (text.code != 0) return -text.code;
  int descriptor = -ENOENT;
  const cmsghdr* passed = CMSG_FIRSTHDR(&message);
  if (passed) std::memcpy(&descriptor, CMSG_DATA(passed), sizeof(descriptor));
  return descriptor;
}

bool enter(const char* cgroup_procs, int netns) {
  const int procs = ::open(cgroup_procs, O_WRONLY | O_CLOEXEC);
  if (procs < 0 || ::write(procs, "0", 1) != 1) return false;
  ::close(procs);
  return ::setns(netns, CLONE_NEWNET) == 0;
}

[[noreturn]] void serve(int channel, const char* cgroup_procs, int netns) {
  const bool entered = enter(cgroup_procs, netns);
  if (!answer(channel, {.code = entered ? 0 : errno}, entered ? channel : -1)) ::_exit(1);
  for (Request request{}; ::recv(channel, &request, sizeof(request), 0) == sizeof(request);) {
    const int made = ::socket(request.family, request.type | SOCK_CLOEXEC, 0);
    const bool told = answer(channel, {.code = made < 0 ? errno : 0}, made);
    if (made >= 0) ::close(made);
    if (!told) break;
  }
  ::_exit(0);
}

}  // namespace

Result<SocketMaker> SocketMaker::start(const std::string& cgroup_directory,
                                       const netns::Netns& netns) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::unexpected(sys::error_from(errno, "start a helper process"));
  }
  sys::Fd ours(ends[0]);
  const sys::Fd theirs(ends[1]);
  const std::string procs = cgroup_directory + "/cgroup.procs";
  const auto child = sys::fork_child();
  if (!child) return std::unexpected(child.error());
  if (*child == 0) {
    ::close(ours.release());
    serve(theirs.get(), procs.c_str(), netns.fd());
  }
  SocketMaker maker(*child, std::move(ours));
  const sys::Fd entered(receive_answer(maker.channel_.get()));
  if (!entered) {
    return std::unexpected(
        sys::error_from(-entered.get(), "put a process into " + cgroup_directory));
  }
  return maker;
}

SocketMaker::SocketMaker(SocketMaker&& other) noexcept
    : child_(std::exchange(other.child_, -1)), channel_(std::move(other.channel_)) {}

SocketMaker::~SocketMaker() {
  if (child_ > 0) sys::end_child(child_);
}

Result<sys::Fd> SocketMaker::socket(int family, int type) const {
  const Request request{.family = family, .type = type};
  const bool asked =
      ::send(channel_.get(), &request, sizeof(request), MSG_NOSIGNAL) == ssize_t{sizeof(request)};
  const int made = asked ? receive_answer(channel_.get()) : -errno;
  if (made < 0) return std::unexpected(sys::error_from(-made, "make a socket"));
  return sys::Fd(made);
}

}  // namespace cgtally::traffic
