// SPDX-License-Identifier: Apache-2.0
// The command for each kind of host, what is said of each thing that is missing, and that the files
// in share/ and the docs ask for exactly the capabilities that the program's own table has.
#include "core/health/deployment.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "core/health/host_diagnosis.h"

namespace cgtally {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(std::string(CGTALLY_SOURCE_DIR) + "/" + file).rdbuf();
  return text.str();
}

// The words after `key` in its line, without brackets, commas and CAP_.
std::set<std::string> words_after(const std::string& text, const std::string& key) {
  const std::size_t begin = text.find(key);
  if (begin == std::string::npos) return {};
  std::string line = text.substr(begin + key.size());
  line.resize(std::min(line.find('\n'), line.size()));
  std::ranges::replace_if(line, [](char c) { return c == '[' || c == ']' || c == ','; }, ' ');
  std::istringstream words(line);
  std::set<std::string> all;
  for (std::string word; words >> word && !word.starts_with('\\');) {
    all.insert(word.starts_with("CAP_") ? word.substr(4) : word);
  }
  return all;
}

std::set<std::string> needed() {
  std::set<std::string> names;
  for (const Capability& one : needed_capabilities()) names.emplace(one.name);
  return names;
}

std::string lines(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& line : all) text += line + "\n";
  return text;
}

// All is there.
HostFacts complete() {
  HostFacts facts;
  facts.capabilities = kAll;
  facts.deployment =
      DeploymentFacts{.in_container = true, .bpffs = true, .host_files = true, .state_stays = true};
  return facts;
}

TEST(Deployment, TheUnitsTheDaemonSetAndTheDocsHaveTheSameCapabilities) {
  for (const char* unit : {"share/cgtally.service", "share/cgtally-serve.service"}) {
    EXPECT_EQ(words_after(text_of(unit), "CapabilityBoundingSet="), needed()) << unit;
  }
  EXPECT_EQ(words_after(text_of("share/compose.yaml"), "cap_add:"), needed());
  const std::string daemonset = text_of("share/kubernetes/base/daemonset.yaml");
  EXPECT_EQ(words_after(daemonset, "drop:"), std::set<std::string>{"ALL"});
  EXPECT_EQ(words_after(daemonset, "add:"), needed());
  const std::string docs = text_of("docs/containers.md");
  EXPECT_EQ(words_after(docs, "--cap-add="), needed());
  EXPECT_EQ(words_after(text_of("scripts/image"), "--cap-add="), needed());
  for (const Capability& one : needed_capabilities()) {
    EXPECT_NE(docs.find(fmt::format("\n| `CAP_{}` | {} | {} |\n", one.name, one.purpose, one.cost)),
              std::string::npos)
        << "a row of the table in docs/containers.md: " << one.name;
  }
}

TEST(Deployment, TheMemoryInShareCoversTheDefaultSlotsOn192Cpus) {
  constexpr std::uint64_t kMebibyte = 1U << 20U;
  EXPECT_EQ(memory_limit_bytes(1), 128 * kMebibyte);
  EXPECT_EQ(memory_limit_bytes(192), 256 * kMebibyte);
  EXPECT_GT(memory_limit_bytes(256), 256 * kMebibyte);
  EXPECT_NE(text_of("share/cgtally.service").find("\nMemoryMax=256M\n"), std::string::npos);
  EXPECT_NE(text_of("share/kubernetes/base/daemonset.yaml").find("limits: {memory: 256Mi}"),
            std::string::npos);
}

TEST(Deployment, NothingIsMissingWhereAllIsThere) {
  EXPECT_TRUE(deployment_lacks(complete()).empty());
  EXPECT_TRUE(deployment_lacks(HostFacts{}).empty()) << "not asked for";
}

TEST(Deployment, EachCapabilityThatIsMissingIsSaidWithItsCost) {
  for (const Capability& one : needed_capabilities()) {
    HostFacts facts = complete();
    facts.capabilities = kAll & ~(std::uint64_t{1} << one.bit);
    const auto lacks = deployment_lacks(facts);
    if (one.required) {
      EXPECT_TRUE(lacks.empty()) << "that is said as missing privileges: " << one.name;
      continue;
    }
    ASSERT_EQ(lacks.size(), 1U) << one.name;
    EXPECT_EQ(lacks[0].what, fmt::format("CAP_{} not granted: {}", one.name, one.cost));
    EXPECT_EQ(lacks[0].hint, fmt::format("--cap-add={}", one.name));
  }
}

TEST(Deployment, EachMountAndNamespaceThatIsMissingIsSaidWithWhatGivesIt) {
  struct Missing {
    bool DeploymentFacts::* fact;
    const char* hint;
  };
  for (const Missing& one :
       {Missing{&DeploymentFacts::bpffs, "-v /sys/fs/bpf:/sys/fs/bpf"},
        Missing{&DeploymentFacts::host_files, "-v /:/host:ro,rslave"},
        Missing{&DeploymentFacts::state_stays, "-v /var/lib/cgtally:/var/lib/cgtally"},
        Missing{&DeploymentFacts::host_pids, "--pid=host (Kubernetes: hostPID: true)"},
        Missing{&DeploymentFacts::host_netns, "--net=host (Kubernetes: hostNetwork: true)"}}) {
    HostFacts facts = complete();
    facts.deployment.value().*one.fact = false;
    const auto lacks = deployment_lacks(facts);
    ASSERT_EQ(lacks.size(), 1U) << one.hint;
    EXPECT_EQ(lacks[0].hint, one.hint);
    const auto finding = diagnose(facts).back();
    EXPECT_EQ(finding.check, "deployment");
    EXPECT_EQ(finding.verdict, Finding::Verdict::degraded);
    EXPECT_EQ(finding.detail, lacks[0].what);
  }
}

TEST(Deployment, OutsideOfAContainerOnlyTheBpfFileSystemIsMounted) {
  HostFacts facts = complete();
  facts.deployment = DeploymentFacts{};
  const auto lacks = deployment_lacks(facts);
  ASSERT_EQ(lacks.size(), 1U);
  EXPECT_EQ(lacks[0].hint, "sudo mount -t bpf -o mode=0700 bpf /sys/fs/bpf");
}

TEST(Deployment, EachHostHasOneCommand) {
  DeploymentFacts facts;
  facts.possible_cpus = 4;
  EXPECT_EQ(lines(deployment_command(facts)), "sudo cgtally up\n");
  facts.systemd = true;
  EXPECT_NE(lines(deployment_command(facts)).find("systemctl enable --now cgtally"),
            std::string::npos);
  facts.unit = true;
  EXPECT_EQ(lines(deployment_command(facts)), "sudo systemctl enable --now cgtally\n")
      << "the package's unit is there, and another copy would hide that of the next version";
  facts.podman = true;
  EXPECT_EQ(
      lines(deployment_command(facts)),
      "mkdir -p /var/lib/cgtally\n"
      "podman run -d --name cgtally --restart=always --pid=host --net=host --cgroupns=host \\\n"
      "  --cap-drop=all "
      "--cap-add=BPF,NET_ADMIN,PERFMON,NET_BROADCAST,SYS_ADMIN,SYS_PTRACE \\\n"
      "  --security-opt=apparmor=unconfined --security-opt=label=disable --memory=128m \\\n"
      "  -v /sys/fs/bpf:/sys/fs/bpf -v /:/host:ro,rslave "
      "-v /var/lib/cgtally:/var/lib/cgtally \\\n"
      "  cgtally up --keep\n");
  facts.docker = true;
  EXPECT_NE(lines(deployment_command(facts)).find("\ndocker run -d"), std::string::npos);
  facts.kubelet = true;
  EXPECT_EQ(lines(deployment_command(facts)),
            "kubectl apply -k share/kubernetes    # limits.memory of 128Mi suffices here\n");
}

}  // namespace
}  // namespace cgtally
