// SPDX-License-Identifier: Apache-2.0
// From facts to advice: for each thing that can be missing, the line that says so and its hint.
#include "core/health/host_diagnosis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace cgtally {
namespace {

using Verdict = Finding::Verdict;

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }
constexpr std::uint64_t kNetAdmin = bit(12);
constexpr std::uint64_t kSysAdmin = bit(21);
constexpr std::uint64_t kPerfmon = bit(38);
constexpr std::uint64_t kBpf = bit(39);

HostFacts good() {
  HostFacts facts;
  facts.release = "6.12.1-amd64";
  facts.root = true;
  facts.capabilities = kNetAdmin | kSysAdmin | kPerfmon | kBpf;
  facts.btf = facts.jit = facts.tcx = facts.clsact = facts.conntrack_lookup = true;
  facts.lockdown = "none";
  facts.memlock_bytes = std::numeric_limits<std::uint64_t>::max();
  facts.cgroup2_mount = "/sys/fs/cgroup";
  facts.uplinks = {"ens5"};
  return facts;
}

Finding finding(const HostFacts& facts, const std::string& check) {
  for (const Finding& found : diagnose(facts)) {
    if (found.check == check) {
      return found;
    }
  }
  ADD_FAILURE() << "no check " << check;
  return {};
}

TEST(Diagnosis, AGoodHostIsOkThroughoutAndNeedsNoCure) {
  for (const Finding& found : diagnose(good())) {
    EXPECT_EQ(found.verdict, Verdict::ok) << found.check;
    EXPECT_EQ(found.hint, "") << found.check;
  }
}

TEST(Diagnosis, WhateverIsNotOkNamesItsCure) {
  HostFacts bad;
  bad.release = "5.4.0";
  bad.bpf_refused = Error{.what = "load a program: Operation not permitted", .hint = {}};
  bad.cgroup2_missing = Error{.what = "no cgroup2", .hint = "mount -t cgroup2 none /mnt"};
  bad.preempt_rt = true;
  int not_ok = 0;
  for (const Finding& found : diagnose(bad)) {
    if (found.verdict != Verdict::ok) {
      ++not_ok;
      EXPECT_NE(found.hint, "") << found.check;
    }
  }
  EXPECT_EQ(not_ok, 11);
  EXPECT_FALSE(can_run(diagnose(bad)));
}

TEST(Diagnosis, EachMissingCapabilityIsNamed) {
  const std::pair<std::uint64_t, const char*> cases[] = {
      {kNetAdmin | kPerfmon, "CAP_BPF not granted"},
      {kBpf | kPerfmon, "CAP_NET_ADMIN not granted"},
      {kBpf | kNetAdmin, "CAP_PERFMON not granted"},
      {0, "CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON not granted"},
      {kSysAdmin, "CAP_NET_ADMIN not granted"},
  };
  for (const auto& [capabilities, detail] : cases) {
    HostFacts facts = good();
    facts.capabilities = capabilities;
    EXPECT_EQ(finding(facts, "privileges").detail, detail);
    EXPECT_FALSE(can_run(diagnose(facts))) << detail;
  }
}

TEST(Diagnosis, ABpfCallThatIsRefusedInSpiteOfAllCapabilitiesIsNotBlamedOnThem) {
  HostFacts facts = good();
  facts.bpf_refused = Error{.what = "load a program: Operation not permitted", .hint = "be root"};
  EXPECT_NE(finding(facts, "bpf").hint.find("seccomp"), std::string::npos);
  facts.capabilities = 0;
  EXPECT_EQ(finding(facts, "bpf").hint, "be root");
}

TEST(Diagnosis, SysAdminContainsBpfAndPerfmon) {
  HostFacts facts = good();
  facts.capabilities = kNetAdmin | kSysAdmin;
  EXPECT_EQ(finding(facts, "privileges").verdict, Verdict::ok);
}

TEST(Diagnosis, AnOrdinaryUserIsToldSudoAndAContainerItsFlags) {
  HostFacts facts = good();
  facts.capabilities = 0;
  EXPECT_NE(finding(facts, "privileges").hint.find("--cap-add"), std::string::npos);
  facts.root = false;
  EXPECT_NE(finding(facts, "privileges").hint.find("sudo"), std::string::npos);
}

TEST(Diagnosis, WithoutBtfOrCgroup2OrABpfCallItCannotRun) {
  HostFacts facts = good();
  facts.btf = false;
  EXPECT_EQ(finding(facts, "BTF").verdict, Verdict::missing);
  EXPECT_FALSE(can_run(diagnose(facts)));

  facts = good();
  facts.cgroup2_missing = Error{.what = "cgroup2 is not mounted", .hint = "mount it"};
  EXPECT_EQ(finding(facts, "cgroup2").hint, "mount it");
  EXPECT_FALSE(can_run(diagnose(facts)));

  facts = good();
  facts.lockdown = "confidentiality";
  EXPECT_EQ(finding(facts, "bpf").verdict, Verdict::missing);
  EXPECT_FALSE(can_run(diagnose(facts)));
}

TEST(Diagnosis, WhatOnlyMakesItWorseDoesNotStopIt) {
  HostFacts facts = good();
  facts.tcx = facts.clsact = facts.conntrack_lookup = facts.jit = false;
  facts.preempt_rt = facts.pods_in_cgroup_v1 = true;
  facts.uplinks.clear();
  for (const char* check :
       {"tc hook", "conntrack", "BPF JIT", "scheduling", "cgroup2", "uplinks"}) {
    EXPECT_EQ(finding(facts, check).verdict, Verdict::degraded) << check;
  }
  EXPECT_TRUE(can_run(diagnose(facts)));
}

TEST(Diagnosis, AFunctionThatTheKernelRefusesIsNamedWithTheReason) {
  HostFacts facts = good();
  facts.conntrack_lookup = facts.rdonly_cast = false;
  facts.refused_calls = {{.function = "bpf_skb_ct_lookup", .why = "no JIT"},
                         {.function = "bpf_rdonly_cast", .why = "too complex"}};
  EXPECT_EQ(finding(facts, "conntrack").detail, "the kernel refuses bpf_skb_ct_lookup: no JIT");
  EXPECT_EQ(finding(facts, "UDP owners").detail, "the kernel refuses bpf_rdonly_cast: too complex");
  EXPECT_TRUE(finding(facts, "conntrack").hint.find("CAP_SYS_ADMIN") == std::string::npos);
  facts.jit = false;
  EXPECT_EQ(finding(facts, "conntrack").hint, "sudo sysctl net.core.bpf_jit_enable=1");
  facts.jit = true;
  facts.capabilities &= ~(1ULL << 21U);
  EXPECT_TRUE(finding(facts, "conntrack").hint.starts_with("grant CAP_SYS_ADMIN"));
  EXPECT_TRUE(can_run(diagnose(facts)));

  facts.programs_refused = Error{.what = "load the tc programs: Invalid argument", .hint = {}};
  EXPECT_EQ(finding(facts, "bpf").verdict, Verdict::missing);
  EXPECT_FALSE(can_run(diagnose(facts)));
  EXPECT_EQ(finding(facts, "bpf").hint.find("CAP_SYS_ADMIN"), std::string::npos)
      << "the programs load without it";
  facts.capabilities = kNetAdmin;
  EXPECT_TRUE(finding(facts, "bpf").hint.starts_with("grant the capabilities"));
}

TEST(Diagnosis, AHookThatCouldNotBeTriedIsJudgedByTheKernelsVersion) {
  HostFacts facts = good();
  facts.tcx = facts.clsact = false;
  facts.bpf_refused = Error{.what = "load a program: Operation not permitted", .hint = {}};
  EXPECT_EQ(finding(facts, "tc hook").verdict, Verdict::ok);
  facts.release = "6.1.0-18-amd64";
  EXPECT_EQ(finding(facts, "tc hook").verdict, Verdict::degraded);
}

TEST(Diagnosis, TheMemoryLimitMattersOnlyToOldKernels) {
  HostFacts facts = good();
  facts.memlock_bytes = 64 * 1024;
  EXPECT_EQ(finding(facts, "memlock").verdict, Verdict::ok);
  facts.release = "5.10.0-32-cloud-amd64";
  EXPECT_EQ(finding(facts, "memlock").verdict, Verdict::degraded);
}

TEST(FindingLines, AreTheVerdictTheCheckAndBelowItTheCure) {
  const std::vector<std::string> expected{
      "degraded  BPF JIT     off",
      "                      -> sysctl x=1",
      "ok        kernel      6.12",
  };
  EXPECT_EQ(finding_lines({{Verdict::degraded, "BPF JIT", "off", "sysctl x=1"},
                           {Verdict::ok, "kernel", "6.12", ""}}),
            expected);
}

}  // namespace
}  // namespace cgtally
