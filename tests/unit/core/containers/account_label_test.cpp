// SPDX-License-Identifier: Apache-2.0
// What people call an account, from its path and its container's name.
#include "core/containers/account_label.h"

#include <gtest/gtest.h>

#include <string>

namespace cgtally {
namespace {

const std::string kLabelId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kLabelPod =
    "/kubepods.slice/kubepods-pod0a1b2c3d_0000_4000_8000_001122334455.slice";
const std::string kDockerScope = "/system.slice/docker-" + kLabelId + ".scope";
const ContainerName kShopApp{.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"};
const ContainerName kShopPod{.container = "", .pod = "api-7c9f", .k8s_namespace = "shop"};
const ContainerName kWebName{.container = "web", .pod = "", .k8s_namespace = ""};

TEST(AccountLabel, AContainerOfAPodHasNamespacePodAndName) {
  EXPECT_EQ(account_label(kLabelPod + "/cri-containerd-" + kLabelId + ".scope", kShopApp),
            "shop/api-7c9f app");
  EXPECT_EQ(account_label(kLabelPod, kShopPod), "pod shop/api-7c9f");
  EXPECT_EQ(account_label("/ecs/task/" + kLabelId,
                          {.container = "web", .pod = "shop", .k8s_namespace = ""}),
            "shop web");
}

TEST(AccountLabel, AContainerWithoutAPodHasItsOwnName) {
  EXPECT_EQ(account_label(kDockerScope, kWebName), "web");
  EXPECT_EQ(account_label("/machine.slice/libpod-" + kLabelId + ".scope", kWebName), "web");
}

TEST(AccountLabel, WhatLiesBelowIsAddedButForPodmansPayload) {
  EXPECT_EQ(account_label(kDockerScope + "/init.scope", kWebName), "web/init.scope");
  EXPECT_EQ(account_label("/machine.slice/libpod-" + kLabelId + ".scope/container", kWebName),
            "web");
  EXPECT_EQ(account_label("/system.slice/redis.service/worker", {}), "redis.service/worker");
}

TEST(AccountLabel, AUnitHasItsShortName) {
  EXPECT_EQ(account_label("/system.slice/redis.service", {}), "redis.service");
  EXPECT_EQ(
      account_label("/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service", {}),
      "user@1000.service/tmux.service");
  EXPECT_EQ(account_label("/user.slice/user-0.slice/session-3.scope", {}), "session-3.scope");
}

TEST(AccountLabel, WhatHasNoNameStaysAsItIs) {
  for (const std::string& account :
       {std::string("/"), std::string("/system.slice"), std::string("(kernel)"),
        std::string("#4711"), kDockerScope, kLabelPod, std::string("/web"),
        std::string("/user.slice/(folded)")}) {
    EXPECT_EQ(account_label(account, {}), account);
  }
}

TEST(AccountLabel, AContainersScopeIsNoUnit) {
  EXPECT_EQ(account_unit(kDockerScope), "");
  EXPECT_EQ(account_unit("/system.slice/web.service/libpod-payload-" + kLabelId), "web.service");
  EXPECT_EQ(account_unit("/system.slice/redis.service/worker"), "redis.service");
  EXPECT_EQ(account_unit("/kubepods.slice"), "");
}

}  // namespace
}  // namespace cgtally
