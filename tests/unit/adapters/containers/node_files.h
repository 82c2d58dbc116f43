// SPDX-License-Identifier: Apache-2.0
// A tree of files that stands in for a node's, and what it says of one container with the id kNode
// in the pod api-7c9f.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "adapters/containers/container_names.h"

namespace cgtally::containers {

inline const std::string kNode = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
inline const std::string kPodUid = "2f1f5a5e-8a0c-4f7e-9d3b-0c1d2e3f4a5b";
inline const std::string kSlice =
    "kubepods-burstable-pod2f1f5a5e_8a0c_4f7e_9d3b_0c1d2e3f4a5b.slice";
inline const std::string kPod = "/kubepods.slice/kubepods-burstable.slice/" + kSlice;
inline const std::string kCgroup = kPod + "/cri-containerd-" + kNode + ".scope";
inline const std::string kCgroupsPath = kSlice + ":cri-containerd:" + kNode;
inline const std::string kTasks = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/";
inline const std::string kBundle = kTasks + kNode + "/config.json";
inline const std::string kStore = "/var/lib/containers/storage/overlay-containers/";
inline const std::string kDocker = "/var/lib/docker/containers/" + kNode;
inline const ContainerName kApi{.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"};
inline constexpr Nanoseconds kStart = std::chrono::hours(1);

// Each test has a tree of its own, which ends with the test. Makes no cgroups: paths are texts.
class NodeFilesTest : public testing::Test {
 protected:
  ~NodeFilesTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  void write_bundle(const std::string& cgroups_path) const {
    write(kBundle, fmt::format(R"({{"annotations":{{"io.kubernetes.cri.container-name":"app",
        "io.kubernetes.cri.sandbox-name":"api-7c9f","io.kubernetes.cri.sandbox-namespace":"shop"}},
        "linux":{{"cgroupsPath":"{}"}}}})",
                               cgroups_path));
  }
  void write_docker(const std::string& cgroup_parent) const {
    write(kDocker + "/config.v2.json", fmt::format(R"({{"ID":"{}","Name":"/web"}})", kNode));
    write(kDocker + "/hostconfig.json", fmt::format(R"({{"CgroupParent":"{}"}})", cgroup_parent));
  }
  // By a reader that remembers nothing yet.
  ContainerName look(const std::string& path) {
    refused_.clear();
    ContainerNames names(root_, [this](const std::string& refused) { refused_ = refused; });
    return names.name_of(path, kStart);
  }

  // In memory where that can be had: some tests make files by the thousand.
  static std::string where() {
    const std::string memory = "/dev/shm/";
    return access(memory.c_str(), W_OK) == 0 ? memory : testing::TempDir();
  }

  std::string root_ = fmt::format("{}cgt-node-{}", where(), getpid());
  std::string refused_;  // what the last look() said
};

}  // namespace cgtally::containers
