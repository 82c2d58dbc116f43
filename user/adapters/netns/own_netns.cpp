// SPDX-License-Identifier: Apache-2.0
#include "adapters/netns/own_netns.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::netns {

Result<Netns> make_netns() {
  const auto before = Netns::current();
  if (!before) return std::unexpected(before.error());
  if (::unshare(CLONE_NEWNET) != 0) {
    return std::unexpected(sys::error_from(errno, "make a network namespace"));
  }
  auto made = Netns::current();
  // To carry on in the wrong namespace would attach to the wrong interfaces.
  if (::setns(before->fd(), CLONE_NEWNET) != 0) std::abort();
  return made;
}

Result<void> set_sysctl(const std::string& key, const std::string& value) {
  const sys::Fd file(::open(fmt::format("/proc/sys/{}", key).c_str(), O_WRONLY | O_CLOEXEC));
  if (file && ::write(file.get(), value.data(), value.size()) > 0) return {};
  return std::unexpected(sys::error_from(errno, fmt::format("set {} to {}", key, value)));
}

}  // namespace cgtally::netns
