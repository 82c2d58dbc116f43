// SPDX-License-Identifier: Apache-2.0
// A kernel that names functions and refuses them: without the JIT no program may call any, and
// without CAP_SYS_ADMIN those of modules are not to be found.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/loading/trial.h"

namespace cgtally::prog {
namespace {

constexpr const char* kJit = "/proc/sys/net/core/bpf_jit_enable";

bool set_jit(char to) {
  std::ofstream file(kJit);
  file << to << std::flush;
  return file.good();
}

class StepDown : public testing::Test {
 protected:
  ~StepDown() override {
    if (off_) set_jit('1');
  }
  // False where the kernel has no interpreter, so the JIT is always on.
  bool turn_jit_off() { return off_ = set_jit('0'); }

 private:
  bool off_ = false;
};

TEST_F(StepDown, WithoutAJitTheProgramsLoadWithoutTheKernelsFunctions) {
  bpf::KernelFacts facts = bpf::probe_kernel();
  if (!facts.conntrack_lookup) GTEST_SKIP() << "no conntrack that could be asked";
  const bool had_cast = facts.rdonly_cast;
  if (!turn_jit_off()) GTEST_SKIP() << "the JIT is always on";
  const auto tried = bpf::try_programs(facts);
  ASSERT_TRUE(tried) << tried.error().what;
  EXPECT_FALSE(facts.conntrack_lookup);
  EXPECT_FALSE(facts.rdonly_cast);
  ASSERT_EQ(facts.refused.size(), had_cast ? 2U : 1U);
  for (const auto& [function, why] : facts.refused) {
    EXPECT_NE(why.find("; the verifier: "), std::string::npos) << why;
    std::cout << "| " << function << " | " << why << " |\n";
  }
}

// Leaves this process the capabilities that docs/containers.md calls needed.
bool keep_the_least() {
  constexpr std::uint64_t kLeast =
      (1ULL << CAP_BPF) | (1ULL << CAP_NET_ADMIN) | (1ULL << CAP_PERFMON);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> kept{};
  for (std::size_t half = 0; half < kept.size(); ++half) {
    kept[half].effective = static_cast<std::uint32_t>(kLeast >> (32 * half));
    kept[half].permitted = kept[half].effective;
  }
  return ::syscall(SYS_capset, &header, kept.data()) == 0;
}

TEST_F(StepDown, WithTheLeastCapabilitiesTheProgramsLoad) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!keep_the_least()) ::_exit(2);
    bpf::KernelFacts facts = bpf::probe_kernel();
    const auto tried = bpf::try_programs(facts);
    if (!tried) std::cerr << tried.error().what << '\n';
    ::_exit(tried ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(StepDown, WhereNothingIsRefusedAllIsUsed) {
  bpf::KernelFacts facts = bpf::probe_kernel();
  const bpf::KernelFacts named = facts;
  const auto tried = bpf::try_programs(facts);
  ASSERT_TRUE(tried) << tried.error().what;
  EXPECT_EQ(facts.conntrack_lookup, named.conntrack_lookup);
  EXPECT_EQ(facts.rdonly_cast, named.rdonly_cast);
  EXPECT_TRUE(facts.refused.empty());
}

}  // namespace
}  // namespace cgtally::prog
