// SPDX-License-Identifier: Apache-2.0
// A registry of the test's own, and the cgroups that it is shown.
#pragma once

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/registry_programs.h"
#include "harness/host/cgroup.h"
#include "harness/host/command.h"

namespace cgtally::bpf {

using harness::Cgroup;
using harness::require;

inline RegistryMaps make_maps() {
  auto maps = RegistryMaps::create();
  if (!maps) throw std::runtime_error(maps.error().what);
  return *std::move(maps);
}

inline CgroupRegistry book_of(const RegistryMaps& maps) {
  return {maps.names.get(), maps.removed.get()};
}

inline RegistryPrograms start(const RegistryMaps& maps) {
  auto registry = RegistryPrograms::create(maps.fds());
  if (!registry) throw std::runtime_error(registry.error().what);
  return *std::move(registry);
}

// A limit only for what never comes: cgroups are released one after the other, and may be
// thousands.
inline bool soon(const std::function<bool()>& holds, int attempts = 6000) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline std::uint64_t make_directory(const std::string& path) {
  require(mkdir(path.c_str(), 0755) == 0, "mkdir " + path);
  struct stat status{};
  require(stat(path.c_str(), &status) == 0, path);
  return status.st_ino;
}

inline void remove_directory(const std::string& path) {
  require(rmdir(path.c_str()) == 0, "rmdir " + path);
}

inline bpf_map_info info_of(const sys::Fd& map) {
  bpf_map_info info{};
  std::uint32_t size = sizeof(info);
  require(bpf_obj_get_info_by_fd(map.get(), &info, &size) == 0, "map info");
  return info;
}

}  // namespace cgtally::bpf
