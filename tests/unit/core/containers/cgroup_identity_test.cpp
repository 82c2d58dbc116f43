// SPDX-License-Identifier: Apache-2.0
// Paths of cgroups as kubelet, runtimes and systemd lay them, and paths that only look like these.
#include "core/containers/cgroup_identity.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace cgtally {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kOther = "f" + kId.substr(1);
const std::string kUid = "2f1f5a5e-8a0c-4f7e-9d3b-0c1d2e3f4a5b";
const std::string kUidInUnit = "2f1f5a5e_8a0c_4f7e_9d3b_0c1d2e3f4a5b";

struct ContainerPath {
  std::string path;
  ContainerRuntime runtime;
  bool in_pod = false;
};

TEST(CgroupIdentity, EachRuntimesLayoutTellsTheContainersIdAndItsPod) {
  using enum ContainerRuntime;
  const std::string slices =
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUidInUnit + ".slice";
  const std::array paths{
      ContainerPath{slices + "/cri-containerd-" + kId + ".scope", containerd, true},
      ContainerPath{slices + "/crio-" + kId + ".scope", crio, true},
      ContainerPath{slices + "/docker-" + kId + ".scope", docker, true},
      ContainerPath{
          "/kubepods.slice/kubepods-pod" + kUidInUnit + ".slice/cri-containerd-" + kId + ".scope",
          containerd, true},
      ContainerPath{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
                    "kubelet-kubepods-besteffort-pod" +
                        kUidInUnit + ".slice/cri-containerd-" + kId + ".scope",
                    containerd, true},
      ContainerPath{"/kubepods/burstable/pod" + kUid + "/" + kId, kubernetes, true},
      ContainerPath{"/kubepods/besteffort/pod" + kUid + "/" + kId, kubernetes, true},
      ContainerPath{"/kubepods/pod" + kUid + "/" + kId, kubernetes, true},
      ContainerPath{"/kubelet/kubepods/burstable/pod" + kUid + "/" + kId, kubernetes, true},
      ContainerPath{"/kubelet.slice/kubepods/burstable/pod" + kUid + "/" + kId, kubernetes, true},
      ContainerPath{"/podruntime/kubelet/kubepods/pod" + kUid + "/" + kId, kubernetes, true},
      ContainerPath{"/kubepods/burstable/pod" + kUid + "/crio-" + kId, crio, true},
      ContainerPath{"/crio/crio-" + kId, crio},
      ContainerPath{slices + "/" + kId, kubernetes, true},
      ContainerPath{slices + "/crio-" + kId, crio, true},
      ContainerPath{"/system.slice/containerd.service/kubepods-burstable-pod" + kUidInUnit +
                        ".slice:cri-containerd:" + kId,
                    containerd, true},
      ContainerPath{"/docker/" + kId, docker},
      ContainerPath{"/system.slice/docker-" + kId + ".scope", docker},
      ContainerPath{"/ecs/5f1e2d3c4b5a69788796a5b4c3d2e1f0/" + kId, docker},
      ContainerPath{"/ecstasks.slice/ecstasks-5f1e2d3c4b5a69788796a5b4c3d2e1f0.slice/docker-" +
                        kId + ".scope",
                    docker},
      ContainerPath{"/machine.slice/libpod-" + kId + ".scope", podman},
      ContainerPath{
          "/machine.slice/machine-libpod_pod_" + kOther + ".slice/libpod-" + kId + ".scope",
          podman},
      ContainerPath{"/libpod_parent/libpod-" + kId, podman},
      ContainerPath{"/libpod_parent/" + kOther + "/libpod-" + kId, podman},
      ContainerPath{"/system.slice/web.service/libpod-payload-" + kId, podman},
  };
  for (const ContainerPath& one : paths) {
    // What is below a container belongs to it, whatever it is called.
    for (const std::string& below : {std::string(), std::string("/container/init.scope"),
                                     "/docker/" + kOther, "/docker-" + kOther + ".scope"}) {
      const CgroupIdentity found = identify_cgroup(one.path + below);
      EXPECT_EQ(found.runtime, one.runtime) << one.path + below;
      EXPECT_EQ(found.container_id, kId) << one.path + below;
      EXPECT_EQ(found.pod_uid, one.in_pod ? kUid : "") << one.path + below;
      EXPECT_EQ(found.cgroup, one.path);
    }
  }
}

TEST(CgroupIdentity, APodWithoutAContainerIsThePod) {
  for (const std::string& path :
       {"/kubepods.slice/kubepods-pod" + kUidInUnit + ".slice", "/kubepods/pod" + kUid}) {
    const CgroupIdentity found = identify_cgroup(path);
    EXPECT_EQ(found.pod_uid, kUid);
    EXPECT_EQ(found.container_id, "");
    EXPECT_EQ(found.cgroup, path);
  }
  const std::string of_static_pod = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(identify_cgroup("/kubepods/burstable/pod" + of_static_pod + "/" + kId).pod_uid,
            of_static_pod);
}

TEST(CgroupIdentity, UnitsAreNamedAsSystemdNamesThem) {
  struct UnitPath {
    std::string path, unit, user_unit;
  };
  const std::array paths{
      UnitPath{"/system.slice/redis.service", "redis.service", ""},
      UnitPath{"/system.slice/redis.service/worker", "redis.service", ""},
      UnitPath{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", ""},
      UnitPath{R"(/system.slice/my\x2dapp.service)", R"(my\x2dapp.service)", ""},
      UnitPath{"/init.scope", "init.scope", ""},
      UnitPath{"/system.slice/_cpu.service", "cpu.service", ""},
      UnitPath{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
      UnitPath{"/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
               "user@1000.service", "x.service"},
  };
  for (const UnitPath& one : paths) {
    const CgroupIdentity found = identify_cgroup(one.path);
    EXPECT_EQ(found.unit, one.unit) << one.path;
    EXPECT_EQ(found.user_unit, one.user_unit) << one.path;
    EXPECT_EQ(found.container_id, "");
  }
}

TEST(CgroupIdentity, MachinesAndTasksHaveTheirNameInThePath) {
  EXPECT_EQ(identify_cgroup(R"(/machine.slice/machine-deb\x2dtwelve.scope/payload)").machine,
            "deb-twelve");
  EXPECT_EQ(identify_cgroup("/lxc.payload.web/system.slice/redis.service").machine, "web");
  EXPECT_EQ(identify_cgroup("/lxc/web").machine, "web");
  EXPECT_EQ(identify_cgroup("/lxc.monitor.web").machine, "");
  const CgroupIdentity task = identify_cgroup("/default/web");
  EXPECT_EQ(task.runtime, ContainerRuntime::task);
  EXPECT_EQ(task.task_namespace, "default");
  EXPECT_EQ(task.container_id, "web");
}

TEST(CgroupIdentity, WhatAnybodyMayMakeIsNoContainer) {
  const std::string pod = "/kubepods.slice/kubepods-pod" + kUidInUnit + ".slice";
  for (const std::string& path :
       {"/user.slice/user-1000.slice/user@1000.service" + pod + "/cri-containerd-" + kId + ".scope",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" + kId + ".scope",
        "/system.slice/web.service/docker-" + kId + ".scope",
        "/system.slice/web.service/kubepods/pod" + kUid + "/" + kId, "/a/b/docker/" + kId,
        "/docker/" + kId.substr(1), "/docker/" + kId + "0", "/docker/../" + kId,
        "/system.slice/docker-" + kId.substr(1) + "/.scope", std::string("/"), std::string(),
        std::string("//"), std::string("#4711"), "/kubepods/pod../" + kId}) {
    const CgroupIdentity found = identify_cgroup(path);
    // A task is only a guess that containerd's files must confirm.
    EXPECT_TRUE(found.container_id.empty() || found.runtime == ContainerRuntime::task) << path;
    EXPECT_EQ(found.pod_uid, "") << path;
  }
}

TEST(CgroupIdentity, ATreeOfKubeletBelowAnotherCgroupIsSaidToBeThere) {
  const std::string pod = "/kubepods/burstable/pod" + kUid;
  for (const std::string& known :
       {std::string(), std::string("/kubelet"), std::string("/a.slice")}) {
    EXPECT_EQ(identify_cgroup(known + pod).kubelet_root, "") << known;
    EXPECT_EQ(identify_cgroup(known + pod).pod_uid, kUid) << known;
  }
  for (const char* root : {"/podruntime", "/a/b", "/a.slice/b"}) {
    EXPECT_EQ(identify_cgroup(root + pod + "/" + kId).kubelet_root, root);
    EXPECT_EQ(identify_cgroup(root + pod).cgroup, root + pod);
  }
  // Below what is, or could be, a container it is that container's own.
  for (const std::string& container :
       {"/docker/" + kId, "/foo/" + kId, "/foo/crio-" + kId, "/libpod_parent/libpod-" + kId,
        std::string("/lxc.payload.box"), std::string("/lxc/box"),
        "/machine.slice/libpod-" + kId + ".scope"}) {
    EXPECT_EQ(identify_cgroup(container + pod + "/" + kOther).pod_uid, "") << container;
  }
}

TEST(CgroupIdentity, AnEscapedNspawnUnitIsAMachineToo) {
  const CgroupIdentity found =
      identify_cgroup(R"(/machine.slice/systemd-nspawn@deb\x2dtwelve.service/payload)");
  EXPECT_EQ(found.machine, "deb-twelve");
  EXPECT_EQ(found.unit, R"(systemd-nspawn@deb\x2dtwelve.service)");
  EXPECT_EQ(identify_cgroup("/system.slice/systemd-nspawn@x.service").machine, "");
}

TEST(CgroupIdentity, DockerPutsAContainerBelowItsCgroupParent) {
  EXPECT_TRUE(is_docker_cgroup("", "/docker/" + kId));
  EXPECT_TRUE(is_docker_cgroup("", "/system.slice/docker-" + kId + ".scope"));
  EXPECT_FALSE(is_docker_cgroup("", "/evil.slice/docker-" + kId + ".scope"));
  EXPECT_TRUE(is_docker_cgroup("/ecs/task", "/ecs/task/" + kId));
  EXPECT_TRUE(is_docker_cgroup("ecs/task/", "/ecs/task/" + kId));
  EXPECT_FALSE(is_docker_cgroup("/ecs/task", "/ecs/other/" + kId));
  EXPECT_TRUE(is_docker_cgroup("a-b.slice", "/a.slice/a-b.slice/docker-" + kId + ".scope"));
  EXPECT_FALSE(is_docker_cgroup("a-b.slice", "/system.slice/docker-" + kId + ".scope"));
}

TEST(CgroupIdentity, ABundleIsThatOfTheCgroupThatItNames) {
  const std::string slice = "kubepods-burstable-pod" + kUidInUnit + ".slice";
  const std::string scope =
      "/kubepods.slice/kubepods-burstable.slice/" + slice + "/cri-containerd-" + kId + ".scope";
  EXPECT_TRUE(is_bundle_of_cgroup(slice + ":cri-containerd:" + kId, scope));
  EXPECT_TRUE(is_bundle_of_cgroup(slice + ":cri-containerd:" + kId, scope + "/init"));
  EXPECT_FALSE(is_bundle_of_cgroup("system.slice:cri-containerd:" + kId, scope));
  EXPECT_FALSE(is_bundle_of_cgroup(slice + ":cri-containerd:" + kOther, scope));
  EXPECT_TRUE(is_bundle_of_cgroup(":docker:" + kId, "/system.slice/docker-" + kId + ".scope"));
  EXPECT_TRUE(
      is_bundle_of_cgroup(slice + ":cri-containerd:" + kId,
                          "/system.slice/containerd.service/" + slice + ":cri-containerd:" + kId));
  EXPECT_TRUE(is_bundle_of_cgroup("/kubepods/pod" + kUid + "/" + kId,
                                  "/kubepods/pod" + kUid + "/" + kId + "/x"));
  EXPECT_FALSE(is_bundle_of_cgroup("/kubepods/pod" + kUid + "/" + kId, "/kubepods/pod" + kUid));
  EXPECT_FALSE(is_bundle_of_cgroup("/kubepods/pod" + kUid + "/" + kId,
                                   "/a/b/kubepods/pod" + kUid + "/" + kId))
      << "a copy of the tree in somebody's container";
  EXPECT_FALSE(is_bundle_of_cgroup("", "/a"));
  EXPECT_FALSE(is_bundle_of_cgroup("/", "/a"));
}

}  // namespace
}  // namespace cgtally
