// SPDX-License-Identifier: Apache-2.0
// System calls without glibc's wrappers where those would change all threads of the process.
#include "harness/host/surroundings.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

constexpr int kNobody = 65534;

void set_capabilities(const std::vector<int>& capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  for (const int capability : capabilities) {
    auto& set = sets[static_cast<std::size_t>(CAP_TO_INDEX(capability))];
    set.effective |= CAP_TO_MASK(capability);
    set.permitted = set.inheritable = set.effective;
  }
  require(syscall(SYS_capset, &header, sets.data()) == 0, "capset");
}

std::vector<std::string> cgroup2_mounts() {
  std::vector<std::string> places;
  std::ifstream mounts("/proc/thread-self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string place;
    for (int i = 0; i < 5; ++i) fields >> place;
    places.push_back(place);
  }
  return places;
}

}  // namespace

void move_to(const Netns& netns) {
  require(setns(netns.fd(), CLONE_NEWNET) == 0, "setns " + netns.name());
}

void become_nobody(const std::vector<int>& capabilities) {
  require(prctl(PR_SET_KEEPCAPS, 1) == 0, "keep capabilities");
  require(syscall(SYS_setgroups, 0, nullptr) == 0, "setgroups");
  require(syscall(SYS_setresgid, kNobody, kNobody, kNobody) == 0, "setresgid");
  require(syscall(SYS_setresuid, kNobody, kNobody, kNobody) == 0, "setresuid");
  set_capabilities(capabilities);
  for (const int capability : capabilities) {
    require(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0, "raise");
  }
  // Undone by the kernel when the user changes; without it /proc/self is closed to us.
  require(prctl(PR_SET_DUMPABLE, 1) == 0, "dumpable");
}

void limit_root_to(const std::vector<int>& capabilities) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (std::ranges::count(capabilities, capability) > 0) continue;
    require(prctl(PR_CAPBSET_DROP, capability) == 0, "drop a capability");
  }
}

void own_mounts() {
  require(unshare(CLONE_NEWNS) == 0, "unshare mounts");
  require(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
}

void cover(const std::string& directory, const std::string& options) {
  require(mount("cgt", directory.c_str(), "tmpfs", 0, options.c_str()) == 0, "cover " + directory);
}

void make_read_only(const std::string& directory) {
  require(mount(nullptr, directory.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0,
          "remount " + directory);
}

void unmount_every_cgroup2() {
  for (const auto& place : cgroup2_mounts()) {
    require(umount2(place.c_str(), MNT_DETACH) == 0, "unmount " + place);
  }
}

}  // namespace cgtally::harness
