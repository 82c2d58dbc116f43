// SPDX-License-Identifier: Apache-2.0
// Names from a tree of files that stands in for a node's, as kubelet and the runtimes lay them.
#include "unit/adapters/containers/node_files.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace cgtally::containers {
namespace {

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

TEST_F(NodeFilesTest, AContainerWhoseLogComesAfterItsPodsGetsItsOwnName) {
  ContainerNames names(root_);
  write("/var/log/pods/shop_api-7c9f_" + kPodUid + "/app/0.log", "");
  EXPECT_EQ(names.name_of(kCgroup, kStart).container, "");
  write("/var/log/containers/api-7c9f_shop_app-" + kNode + ".log", "");
  EXPECT_EQ(names.name_of(kCgroup, kStart + std::chrono::seconds(1)), kApi);
}

TEST_F(NodeFilesTest, DockerPodmanAndMachinesHaveTheirNames) {
  write_docker("");
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

}  // namespace
}  // namespace cgtally::containers
