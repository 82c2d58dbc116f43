// SPDX-License-Identifier: Apache-2.0
#include "adapters/host/deployment.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace cgtally::host {
namespace {

// Those that the machine began with; part of the kernel's ABI, the second since 6.18.
constexpr const char* kFirstPidNamespace = "pid:[4026531836]";
constexpr const char* kFirstMountNamespace = "mnt:[4026531832]";

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string link_text(const std::string& path) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(path, failed);
  return failed ? std::string() : target.string();
}

bool is_bpffs(const char* path) {
  struct statfs status{};
  return statfs(path, &status) == 0 &&
         static_cast<unsigned long>(status.f_type) == static_cast<unsigned long>(BPF_FS_MAGIC);
}

// Also where it is a part of the same file system, bound to this place. Kernels from 5.8 on say it.
bool is_mount_point(const char* path) {
  struct statx status{};
  return statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// A machine that was made from an image of a container has such files, too, but also its PID 1.
bool is_in_container(bool host_pids) {
  const std::string mounts = link_text("/proc/self/ns/mnt");
  if (mounts == kFirstMountNamespace) return false;
  if (host_pids && !mounts.empty() && mounts == link_text("/proc/1/ns/mnt")) return false;
  return is_there("/run/.containerenv") || is_there("/.dockerenv") ||
         is_there("/var/run/secrets/kubernetes.io/serviceaccount");
}

bool has_program(const std::string& host_root, const std::string& name) {
  return is_there(host_root + "/usr/bin/" + name) || is_there(host_root + "/usr/local/bin/" + name);
}

bool has_unit(const std::string& host_root) {
  return std::ranges::any_of(
      std::array{"/etc", "/usr/local/lib", "/usr/lib", "/lib"}, [&](const std::string& place) {
        return is_there(host_root + place + "/systemd/system/cgtally.service");
      });
}

}  // namespace

unsigned possible_cpus_in(std::string_view list) {
  const std::size_t last = list.find_last_of(",-");
  if (last != std::string_view::npos) list.remove_prefix(last + 1);
  unsigned number = 0;
  std::from_chars(list.data(), list.data() + list.size(), number);
  return number + 1;
}

DeploymentFacts gather_deployment_facts(const std::string& host_root) {
  DeploymentFacts facts;
  facts.host_pids = link_text("/proc/self/ns/pid") == kFirstPidNamespace;
  facts.in_container = !host_root.empty() || is_in_container(facts.host_pids);
  const std::string ours = link_text("/proc/self/ns/net");
  const std::string first = link_text(host_root + "/proc/1/ns/net");
  facts.host_netns = first.empty() || ours == first;
  facts.bpffs = is_bpffs("/sys/fs/bpf");
  facts.host_files = !host_root.empty();
  facts.state_stays = is_mount_point("/var/lib/cgtally");
  facts.kubelet = is_there(host_root + "/var/lib/kubelet");
  facts.docker = has_program(host_root, "docker");
  facts.podman = has_program(host_root, "podman");
  facts.systemd = is_there(host_root + "/run/systemd/system");
  facts.unit = has_unit(host_root);
  std::string cpus;
  std::getline(std::ifstream("/sys/devices/system/cpu/possible"), cpus);
  facts.possible_cpus = possible_cpus_in(cpus);
  return facts;
}

}  // namespace cgtally::host
