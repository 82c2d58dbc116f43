// SPDX-License-Identifier: Apache-2.0
// Named namespaces by iproute2: a test that fails leaves names with which a person can look around.
#include "harness/host/netns.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

void remove_left_netns() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/run/netns", ignored)) {
    const auto name = entry.path().filename().string();
    if (is_leftover(name)) (void)finish({"ip", "netns", "del", name});
  }
}

}  // namespace

bool is_leftover(const std::string& name) {
  if (!name.starts_with("cgt-")) return false;
  char* end = nullptr;
  const auto pid = std::strtol(name.c_str() + 4, &end, 10);
  return pid > 0 && *end == '-' && kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

Netns::Netns(const std::string& label) : name_("cgt-" + std::to_string(getpid()) + "-" + label) {
  static std::once_flag once;
  std::call_once(once, remove_left_netns);
  run({"ip", "netns", "add", name_});
  fd_ = sys::Fd(open(path().c_str(), O_RDONLY | O_CLOEXEC));
  require(static_cast<bool>(fd_), path());
  // As far as possible, the kernel shall send no packet that a test did not ask for.
  for (const std::string scope : {"all", "default"}) {
    sysctl("net.ipv6.conf." + scope + ".accept_dad", "0");
    sysctl("net.ipv6.conf." + scope + ".router_solicitations", "0");
    sysctl("net.ipv6.conf." + scope + ".accept_ra", "0");
    sysctl("net.ipv6.conf." + scope + ".mldv2_unsolicited_report_interval", "1");  // ms: at once
  }
  // A new netns has what the host has, and podman turns that on.
  sysctl("net.ipv4.ip_forward", "0");
  ip("link set lo up");
}

Netns::~Netns() {
  fd_ = sys::Fd();
  (void)finish({"ip", "netns", "del", name_});
}

std::uint64_t Netns::inode() const {
  struct stat status{};
  require(fstat(fd(), &status) == 0, "fstat " + path());
  return status.st_ino;
}

void Netns::ip(const std::string& lines) const { run({"ip", "-n", name_, "-batch", "-"}, lines); }

void Netns::sysctl(std::string key, const std::string& value) const {
  std::ranges::replace(key, '.', '/');
  const Inside guard(*this);
  const sys::Fd file(open(("/proc/sys/" + key).c_str(), O_WRONLY | O_CLOEXEC));
  require(file && write(file.get(), value.data(), value.size()) > 0, "sysctl " + key + "=" + value);
}

int Netns::ifindex(const std::string& device) const {
  const auto index = inside(*this, [&] { return if_nametoindex(device.c_str()); });
  require(index != 0, device);
  return static_cast<int>(index);
}

bool Netns::has(const std::string& device) const {
  return inside(*this, [&] { return if_nametoindex(device.c_str()); }) != 0;
}

sys::Fd Netns::socket(int family, int type, int protocol) const {
  const Inside guard(*this);
  sys::Fd made(::socket(family, type | SOCK_CLOEXEC, protocol));
  require(static_cast<bool>(made), "socket");
  return made;
}

Inside::Inside(const Netns& netns)
    : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  require(static_cast<bool>(before_), "/proc/thread-self/ns/net");
  require(setns(netns.fd(), CLONE_NEWNET) == 0, "setns " + netns.name());
}

Inside::~Inside() {
  // To carry on in the wrong namespace would let a test touch the machine's own devices.
  if (setns(before_.get(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace cgtally::harness
