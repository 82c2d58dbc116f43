// SPDX-License-Identifier: Apache-2.0
// What --by sums by, and what --account matches.
#include "core/containers/grouping.h"

#include <gtest/gtest.h>

#include <string>

namespace cgtally {
namespace {

const ContainerName kApp7c9f{.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"};
const std::string kScope = "/kubepods.slice/cri.scope";

std::string account_of(Grouping by, std::string_view path, const ContainerName& owner) {
  const auto group = group_of(by, path, owner);
  return group ? group->account : "";
}

TEST(Grouping, AGroupsAccountSaysWhatItIsSummedBy) {
  EXPECT_EQ(account_of(Grouping::container, kScope, kApp7c9f), "container:shop/api-7c9f/app");
  EXPECT_EQ(account_of(Grouping::pod, kScope, kApp7c9f), "pod:shop/api-7c9f");
  EXPECT_EQ(account_of(Grouping::k8s_namespace, kScope, kApp7c9f), "namespace:shop");
  EXPECT_EQ(account_of(Grouping::unit, "/system.slice/redis.service/worker", {}),
            "unit:redis.service");
  EXPECT_EQ(account_of(Grouping::container, "/docker/1",
                       {.container = "web", .pod = "", .k8s_namespace = ""}),
            "container:web");
  EXPECT_EQ(group_of(Grouping::pod, kScope, kApp7c9f)->owner,
            (ContainerName{.container = "", .pod = "api-7c9f", .k8s_namespace = "shop"}));
  EXPECT_TRUE(is_group_account("pod:shop/api-7c9f"));
}

TEST(Grouping, WhatHasNoSuchNameHasNoGroup) {
  const ContainerName pod{.container = "", .pod = "api-7c9f", .k8s_namespace = "shop"};
  EXPECT_EQ(account_of(Grouping::container, "/kubepods.slice/pod.slice", pod), "");
  EXPECT_EQ(account_of(Grouping::pod, "/system.slice/redis.service", {}), "");
  EXPECT_EQ(account_of(Grouping::cgroup, kScope, kApp7c9f), "");
  for (const auto& [name, by] :
       {std::pair{"(kernel)", Grouping::unit}, std::pair{"#12", Grouping::container}}) {
    EXPECT_EQ(account_of(by, name, {}), "");
  }
  EXPECT_FALSE(is_group_account("/pod:shop"));
  EXPECT_FALSE(is_group_account("(kernel)"));
  EXPECT_FALSE(is_group_account("cgroup:/a"));
}

TEST(AccountFilter, MatchesThePathAndEachName) {
  for (const char* pattern : {"", "/kubepods*", "app", "api-7c9f", "shop/api-*", "shop/*",
                              "shop/api-7c9f app", "api-????"}) {
    EXPECT_TRUE(account_passes(pattern, kScope, kApp7c9f)) << pattern;
  }
  for (const char* pattern : {"shop", "api", "/system*", "web", "ap"}) {
    EXPECT_FALSE(account_passes(pattern, kScope, kApp7c9f)) << pattern;
  }
}

TEST(AccountFilter, MatchesUnitsByTheirShortName) {
  const std::string tmux = "/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service";
  EXPECT_TRUE(account_passes("redis.service", "/system.slice/redis.service", {}));
  EXPECT_TRUE(account_passes("redis.service", "/system.slice/redis.service/worker", {}));
  EXPECT_TRUE(account_passes("tmux.service", tmux, {}));
  EXPECT_TRUE(account_passes("user@1000.service/*", tmux, {}));
  EXPECT_FALSE(account_passes("redis.service", "/system.slice/nginx.service", {}));
}

TEST(AccountFilter, MatchesGroupsByTheirNamesToo) {
  const ContainerName pod{.container = "", .pod = "api-7c9f", .k8s_namespace = "shop"};
  for (const char* pattern : {"pod:shop/*", "shop/api-7c9f", "api-7c9f", "pod shop/api-7c9f"}) {
    EXPECT_TRUE(account_passes(pattern, "pod:shop/api-7c9f", pod)) << pattern;
  }
  EXPECT_TRUE(account_passes("redis.service", "unit:redis.service", {}));
}

}  // namespace
}  // namespace cgtally
