// SPDX-License-Identifier: Apache-2.0
// Names from a tree of files that stands in for a node's, as kubelet and the runtimes lay them.
#include "adapters/containers/container_names.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cgtally::containers {
namespace {

const std::string kNode = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kPodUid = "2f1f5a5e-8a0c-4f7e-9d3b-0c1d2e3f4a5b";
const std::string kSlice = "kubepods-burstable-pod2f1f5a5e_8a0c_4f7e_9d3b_0c1d2e3f4a5b.slice";
const std::string kPod = "/kubepods.slice/kubepods-burstable.slice/" + kSlice;
const std::string kCgroup = kPod + "/cri-containerd-" + kNode + ".scope";
const std::string kCgroupsPath = kSlice + ":cri-containerd:" + kNode;
const std::string kBundle =
    "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kNode + "/config.json";
const std::string kStore = "/var/lib/containers/storage/overlay-containers/";
const ContainerName kApi{.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"};
constexpr Nanoseconds kStart = std::chrono::hours(1);

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
  ContainerName look(const std::string& path) {
    return ContainerNames(root_).name_of(path, kStart);
  }

  std::string root_ = testing::TempDir() + "cgt-node-" + std::to_string(getpid());
};

TEST_F(NodeFilesTest, ABundleNamesItsCgroupAndThoseBelow) {
  write_bundle(kCgroupsPath);
  EXPECT_EQ(look(kCgroup), kApi);
  EXPECT_EQ(look(kCgroup + "/init.scope"), kApi);
  EXPECT_EQ(look("/system.slice/redis.service"), ContainerName{});
}

TEST_F(NodeFilesTest, ASecondCgroupThatClaimsTheIdGetsNoName) {
  write_bundle(kCgroupsPath);
  EXPECT_EQ(look("/evil.slice/cri-containerd-" + kNode + ".scope"), ContainerName{});
}

TEST_F(NodeFilesTest, ANameOutlivesTheFilesAlsoForCgroupsThatAreMadeLater) {
  write_bundle(kCgroupsPath);
  ContainerNames names(root_);
  EXPECT_EQ(names.name_of(kCgroup, kStart), kApi);
  std::filesystem::remove_all(root_);
  EXPECT_EQ(names.name_of(kCgroup, kStart + std::chrono::hours(1)), kApi);
  EXPECT_EQ(names.name_of(kCgroup + "/late", kStart), kApi);
}

TEST_F(NodeFilesTest, WhatWasNotFoundIsLookedForAgainAfterAPause) {
  ContainerNames names(root_);
  EXPECT_EQ(names.name_of(kCgroup, kStart), ContainerName{});
  write_bundle(kCgroupsPath);
  EXPECT_EQ(names.name_of(kCgroup, kStart + std::chrono::milliseconds(999)), ContainerName{});
  EXPECT_EQ(names.name_of(kCgroup, kStart + std::chrono::seconds(1)), kApi);
}

TEST_F(NodeFilesTest, WithoutABundleTheLogsNameContainerOrPod) {
  write("/var/log/pods/shop_api-7c9f_" + kPodUid + "/app/0.log", "");
  const ContainerName pod{.container = "", .pod = "api-7c9f", .k8s_namespace = "shop"};
  EXPECT_EQ(look(kPod), pod);
  EXPECT_EQ(look(kCgroup), pod);
  EXPECT_EQ(look("/kubepods/pod" + kPodUid + "/" + kNode), pod);
  write("/var/log/containers/api-7c9f_shop_app-" + kNode + ".log", "");
  EXPECT_EQ(look(kCgroup), kApi);
  write("/var/log/containers/other_shop_app-" + kNode + ".log", "");
  EXPECT_EQ(look(kCgroup), pod) << "two logs claim the id";
}

TEST_F(NodeFilesTest, DockerPodmanAndMachinesHaveTheirNames) {
  write("/var/lib/docker/containers/" + kNode + "/config.v2.json",
        fmt::format(R"({{"ID":"{}","Name":"/web"}})", kNode));
  EXPECT_EQ(look("/system.slice/docker-" + kNode + ".scope").container, "web");
  write(kStore + kNode + "/userdata/config.json",
        fmt::format(R"({{"linux":{{"cgroupsPath":"machine.slice:libpod:{}"}}}})", kNode));
  write(kStore + "containers.json", fmt::format(R"([{{"id":"{}","names":["db"]}}])", kNode));
  EXPECT_EQ(look("/machine.slice/libpod-" + kNode + ".scope").container, "db");
  EXPECT_EQ(look("/system.slice/x.service/libpod-payload-" + kNode), ContainerName{});
  EXPECT_EQ(look("/lxc.payload.box/init.scope").container, "box");
}

TEST_F(NodeFilesTest, EachDriverOfPodmansStoreHasADirectoryOfItsOwn) {
  const std::string store = "/var/lib/containers/storage/vfs-containers/";
  write(store + kNode + "/userdata/config.json",
        fmt::format(R"({{"linux":{{"cgroupsPath":"/libpod_parent/libpod-{}"}}}})", kNode));
  write(store + "containers.json", fmt::format(R"([{{"id":"{}","names":["db"]}}])", kNode));
  EXPECT_EQ(look("/libpod_parent/libpod-" + kNode).container, "db");
}

TEST_F(NodeFilesTest, TwoDirectoriesAreATaskOnlyIfContainerdHasIt) {
  EXPECT_EQ(look("/default/web"), ContainerName{});
  write("/run/containerd/io.containerd.runtime.v2.task/default/web/config.json",
        R"({"linux":{"cgroupsPath":"/default/web"}})");
  EXPECT_EQ(look("/default/web").container, "web");
}

TEST_F(NodeFilesTest, FilesThatAreNotWhatTheyShouldBeGiveNoName) {
  write_bundle(kCgroupsPath);
  const std::string file = root_ + kBundle;
  std::filesystem::resize_file(file, (std::uintmax_t{4} << 20U) + 1);
  EXPECT_EQ(look(kCgroup), ContainerName{}) << "too large";
  write(kBundle, "{\"annotations\":");
  EXPECT_EQ(look(kCgroup), ContainerName{}) << "no JSON";
  std::filesystem::remove(file);
  std::filesystem::create_symlink(file, file);
  EXPECT_EQ(look(kCgroup), ContainerName{}) << "a link to itself";
  std::filesystem::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(look(kCgroup), ContainerName{}) << "a pipe without a writer must not block";
}

TEST_F(NodeFilesTest, LinksAreFollowedWithinTheHostsRootOnly) {
  write("/data/containers/" + kNode + "/config.v2.json",
        fmt::format(R"({{"ID":"{}","Name":"/web"}})", kNode));
  std::filesystem::create_directories(root_ + "/var/lib");
  std::filesystem::create_symlink("/data", root_ + "/var/lib/docker");
  EXPECT_EQ(look("/docker/" + kNode).container, "web");
}

}  // namespace
}  // namespace cgtally::containers
