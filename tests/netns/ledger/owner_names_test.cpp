// SPDX-License-Identifier: Apache-2.0
// Names of containers in a map of the kernel: whole or not there, and bounded. Needs root.
#include "adapters/bpf/cgroups/owner_names.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "adapters/bpf/ledger/ledger.h"

namespace cgtally::bpf {
namespace {

using namespace std::chrono_literals;

class OwnerNamesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ledger) << ledger.error().what; }
  Result<Ledger> ledger = Ledger::create({.slots = 64});
};

TEST_F(OwnerNamesTest, AreReadAsTheyWereWritten) {
  const OwnerNames names(ledger->fd("owner_names"));
  const RememberedOwner app{
      .name = {.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"},
      .path = "/kubepods.slice/cri.scope"};
  ASSERT_TRUE(names.remember(7, app, 1s));
  const auto found = names.find(7);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, app.name);
  EXPECT_EQ(found->path, app.path);
  EXPECT_FALSE(names.find(8));
  EXPECT_EQ(names.size(), 1U);
}

TEST_F(OwnerNamesTest, NoPartOfANameIsRemembered) {
  const OwnerNames names(ledger->fd("owner_names"));
  const std::string longest(253, 'n');
  ASSERT_TRUE(
      names.remember(1,
                     {.name = {.container = longest, .pod = longest, .k8s_namespace = longest},
                      .path = "/" + std::string(500, 'p')},
                     1s));
  ASSERT_TRUE(names.find(1));
  EXPECT_EQ(names.find(1)->name.k8s_namespace, longest);
  EXPECT_EQ(names.find(1)->path, "");
  ASSERT_TRUE(names.remember(
      2,
      {.name = {.container = std::string(1020, 'n'), .pod = "", .k8s_namespace = ""}, .path = ""},
      1s));
  EXPECT_FALSE(names.find(2));
}

TEST_F(OwnerNamesTest, TheOldestGoFirstButThoseThatAreWanted) {
  const OwnerNames names(ledger->fd("owner_names"));
  for (std::uint64_t id = 1; id <= 100; ++id) {
    ASSERT_TRUE(
        names.remember(id, {.name = {.container = "c", .pod = "", .k8s_namespace = ""}, .path = ""},
                       std::chrono::seconds(id)));
  }
  names.forget_oldest([](std::uint64_t id) { return id == 3; });
  EXPECT_EQ(names.size(), 50U);
  EXPECT_TRUE(names.find(3));
  EXPECT_TRUE(names.find(100));
  EXPECT_FALSE(names.find(1));
}

}  // namespace
}  // namespace cgtally::bpf
