// SPDX-License-Identifier: Apache-2.0
// When the kernel is asked again whether conntrack can be looked up.
#include "adapters/bpf/base/conntrack_watch.h"

#include <gtest/gtest.h>

namespace cgtally::bpf {
namespace {

struct AskedKernel {
  bool loaded = false;
  bool has_function = false;
  int probes = 0;
  bool ask(ConntrackWatch& watch) {
    return watch.update([this] { return loaded; },
                        [this] {
                          ++probes;
                          return has_function;
                        });
  }
};

TEST(ConntrackWatch, AsksNothingOnceItIsThere) {
  ConntrackWatch watch(true);
  AskedKernel kernel{.loaded = true, .has_function = true};
  EXPECT_FALSE(kernel.ask(watch));
  EXPECT_EQ(kernel.probes, 0);
}

TEST(ConntrackWatch, TellsOnceThatTheModuleHasCome) {
  ConntrackWatch watch(false);
  AskedKernel kernel{.has_function = true};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(kernel.ask(watch));
  EXPECT_EQ(kernel.probes, 0) << "what is dear is not asked while the module is not there";
  kernel.loaded = true;
  EXPECT_TRUE(kernel.ask(watch));
  EXPECT_FALSE(kernel.ask(watch));
  EXPECT_EQ(kernel.probes, 1);
}

TEST(ConntrackWatch, ProbesAModuleWithoutTheFunctionOnceEachTimeThatItIsLoaded) {
  ConntrackWatch watch(false);
  AskedKernel kernel{.loaded = true};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(kernel.ask(watch));
  EXPECT_EQ(kernel.probes, 1);
  kernel.loaded = false;
  EXPECT_FALSE(kernel.ask(watch));
  kernel.loaded = kernel.has_function = true;
  EXPECT_TRUE(kernel.ask(watch));
  EXPECT_EQ(kernel.probes, 2);
}

}  // namespace
}  // namespace cgtally::bpf
