// SPDX-License-Identifier: Apache-2.0
// The owner of a netns from the cgroups of its processes, in the layouts of systemd, kubelet,
// docker and podman.
#include "core/endpoints/netns_owner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cgtally {
namespace {

using Why = NetnsOwner::Why;

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kPod =
    "/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod0a1b2c3d_0000_4000_8000_0123456789ab.slice";

std::string scope(const std::string& prefix, const std::string& id) {
  return "/" + prefix + "-" + id + ".scope";
}

std::string owner(const std::vector<std::string>& cgroups) {
  return owner_of_netns(cgroups).cgroup;
}

TEST(NetnsOwner, OfAnEmptyNetnsIsNotKnown) {
  const NetnsOwner none = owner_of_netns({});
  EXPECT_EQ(none.why, Why::no_process);
  EXPECT_EQ(none.cgroup, "");
}

TEST(NetnsOwner, IsTheDeepestCommonAncestor) {
  EXPECT_EQ(owner({"/shop/web/a", "/shop/web/b/c"}), "/shop/web");
  EXPECT_EQ(owner({"/shop/web", "/shop/web/b"}), "/shop/web");
  EXPECT_EQ(owner({"/pod"}), "/pod");
  EXPECT_EQ(owner({"/shop/web1", "/shop/web"}), "") << "a name that begins alike is no ancestor";
}

TEST(NetnsOwner, IsNobodyWhereTheAncestorHoldsManyOwners) {
  EXPECT_EQ(owner_of_netns(std::vector<std::string>{"/a", "/b"}).why, Why::shared);
  const std::string docker = "/system.slice";
  EXPECT_EQ(owner({docker + scope("docker", kA), docker + scope("docker", kB)}), "");
  EXPECT_EQ(owner({"/docker/" + kA, "/docker/" + kB}), "");
  EXPECT_EQ(owner({"/user.slice/user-1000.slice/session-1.scope",
                   "/user.slice/user-1000.slice/session-2.scope"}),
            "");
}

TEST(NetnsOwner, OfAPodIsThePodFromItsFirstContainerOn) {
  EXPECT_EQ(owner({kPod + scope("cri-containerd", kA)}), kPod);
  EXPECT_EQ(owner({kPod + scope("cri-containerd", kA), kPod + scope("cri-containerd", kB)}), kPod);
  EXPECT_EQ(owner({"/kubepods/burstable/pod0a1b2c3d-0000-4000-8000-0123456789ab/" + kA}),
            "/kubepods/burstable/pod0a1b2c3d-0000-4000-8000-0123456789ab");
  const std::string podman = "/machine.slice/machine-libpod_pod_" + kB + ".slice";
  EXPECT_EQ(owner({podman + scope("libpod", kA)}), podman);
}

TEST(NetnsOwner, OfTwoPodsIsNobody) {
  const std::string other =
      "/kubepods.slice/kubepods-burstable.slice/"
      "kubepods-burstable-podffffffff_0000_4000_8000_0123456789ab.slice";
  EXPECT_EQ(owner({kPod + scope("cri-containerd", kA), other + scope("cri-containerd", kB)}), "");
}

TEST(NetnsOwner, IsTheContainerWhateverCgroupsAreInsideIt) {
  const std::string container = "/system.slice" + scope("docker", kA);
  EXPECT_EQ(owner({container + "/system.slice/nginx.service"}), container);
  EXPECT_EQ(owner({container + "/init.scope", container + "/docker/" + kB}), container);
  EXPECT_EQ(owner({"/lxc.payload.web/init.scope", "/lxc.payload.web/system.slice/ssh.service"}),
            "/lxc.payload.web");
}

TEST(NetnsOwner, LeavesTheHostsOwnProcessesOut) {
  const std::string container = "/system.slice" + scope("docker", kA);
  EXPECT_EQ(owner({container, "/user.slice/user-0.slice/session-3.scope"}), container);
  EXPECT_EQ(owner({"/system.slice/agent.service", kPod + scope("crio", kA)}), kPod);
  EXPECT_EQ(owner({"/system.slice/agent.service"}), "/system.slice/agent.service");
}

}  // namespace
}  // namespace cgtally
