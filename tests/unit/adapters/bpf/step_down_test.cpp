// SPDX-License-Identifier: Apache-2.0
// Which functions of the kernel are left out when it refuses the programs, and what is said of it.
#include "adapters/bpf/base/step_down.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "adapters/bpf/base/libbpf_log.h"

namespace cgtally::bpf {
namespace {

KernelFacts both() {
  KernelFacts facts;
  facts.conntrack_lookup = facts.rdonly_cast = true;
  return facts;
}

// A kernel that refuses some functions, with a reason that names the last attempt's.
struct RefusingKernel {
  bool conntrack = true;
  bool cast = true;
  bool anything = true;
  int code = EINVAL;
  std::vector<std::string> attempts = {};

  Result<void> load(const KernelFacts& facts) {
    attempts.push_back(std::string(facts.conntrack_lookup ? "conntrack " : "") +
                       (facts.rdonly_cast ? "cast" : ""));
    if (anything && (conntrack || !facts.conntrack_lookup) && (cast || !facts.rdonly_cast))
      return {};
    return std::unexpected(Error{.what = "refused: " + attempts.back(), .hint = {}, .code = code});
  }
  LoadAttempt attempt() {
    return [this](const KernelFacts& facts) { return load(facts); };
  }
};

TEST(StepDown, AKernelThatTakesAllIsAskedOnce) {
  KernelFacts facts = both();
  RefusingKernel kernel;
  EXPECT_TRUE(step_down(facts, kernel.attempt()));
  EXPECT_EQ(kernel.attempts, std::vector<std::string>{"conntrack cast"});
  EXPECT_TRUE(facts.refused.empty());
}

TEST(StepDown, OnlyTheFunctionThatIsRefusedIsLeftOut) {
  KernelFacts facts = both();
  RefusingKernel without_conntrack{.conntrack = false};
  EXPECT_TRUE(step_down(facts, without_conntrack.attempt()));
  EXPECT_FALSE(facts.conntrack_lookup);
  EXPECT_TRUE(facts.rdonly_cast);
  ASSERT_EQ(facts.refused.size(), 1U);
  EXPECT_EQ(facts.refused[0].function, "bpf_skb_ct_lookup");
  EXPECT_EQ(facts.refused[0].why, "refused: conntrack cast");

  facts = both();
  RefusingKernel without_cast{.cast = false};
  EXPECT_TRUE(step_down(facts, without_cast.attempt()));
  EXPECT_TRUE(facts.conntrack_lookup);
  EXPECT_FALSE(facts.rdonly_cast);
}

TEST(StepDown, EachOfTwoRefusalsHasItsOwnReason) {
  KernelFacts facts = both();
  RefusingKernel kernel{.conntrack = false, .cast = false};
  EXPECT_TRUE(step_down(facts, kernel.attempt()));
  ASSERT_EQ(facts.refused.size(), 2U);
  EXPECT_EQ(facts.refused[0].why, "refused: conntrack ");
  EXPECT_EQ(facts.refused[1].why, "refused: cast");
}

TEST(StepDown, WhatFewerFunctionsDoNotMendIsTheFirstError) {
  KernelFacts facts = both();
  RefusingKernel kernel{.anything = false};
  const auto loaded = step_down(facts, kernel.attempt());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().what, "refused: conntrack cast");
  EXPECT_EQ(kernel.attempts.size(), 4U);
  EXPECT_TRUE(facts.conntrack_lookup && facts.rdonly_cast && facts.refused.empty());
}

TEST(StepDown, WithoutPermissionOrMemoryNothingElseIsTried) {
  for (const int code : {EPERM, ENOMEM, EMFILE}) {
    KernelFacts facts = both();
    RefusingKernel kernel{.anything = false, .code = code};
    EXPECT_FALSE(step_down(facts, kernel.attempt()));
    EXPECT_EQ(kernel.attempts.size(), 1U);
  }
}

TEST(VerifierLog, ItsLastReasonStandsBeforeTheStatistics) {
  EXPECT_EQ(last_reason_in("prog 'cgt_ingress': -- BEGIN PROG LOAD LOG --\n"
                           "0: R1=ctx() R10=fp0\n"
                           "calling kernel function bpf_skb_ct_lookup is not allowed\n"
                           "processed 911 insns (limit 1000000) max_states_per_insn 4\n"
                           "-- END PROG LOAD LOG --\n"),
            "calling kernel function bpf_skb_ct_lookup is not allowed");
  EXPECT_EQ(last_reason_in(""), "");
}

}  // namespace
}  // namespace cgtally::bpf
