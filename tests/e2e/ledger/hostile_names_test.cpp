// SPDX-License-Identifier: Apache-2.0
// A node's files that were made to do harm, as the program meets them: it counts on, says the first
// of them once, shows no name raw and no container under another's.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

const std::string kSliceOfPod = "kubepods-pod2f1f5a5e_8a0c_4f7e_9d3b_0c1d2e3f4a5b.slice";

bool has_only_text(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (' ' <= c && c <= '~'); });
}

class HostileNames : public LedgerTest {
 protected:
  HostileNames() { std::filesystem::create_directories(root_); }
  ~HostileNames() override { std::filesystem::remove_all(root_); }

  static std::string id(int number) { return fmt::format("{:064x}", number); }
  [[nodiscard]] static std::string scope(int number) {
    return fmt::format("pods.slice/{}/cri-containerd-{}.scope", kSliceOfPod, id(number));
  }
  [[nodiscard]] std::string bundle(int number) const {
    return fmt::format("{}/run/containerd/io.containerd.runtime.v2.task/k8s.io/{}", root_,
                       id(number));
  }
  // Of container `number`, whose bundle says that it is that of container `claimed`.
  void write_bundle(int number, int claimed, const std::string& name) const {
    std::filesystem::create_directories(bundle(number));
    std::ofstream(bundle(number) + "/config.json")
        << fmt::format(R"({{"annotations":{{"io.kubernetes.cri.container-name":"{}",
        "io.kubernetes.cri.sandbox-name":"api","io.kubernetes.cri.sandbox-namespace":"shop"}},
        "linux":{{"cgroupsPath":"{}:cri-containerd:{}"}}}})",
                       name, kSliceOfPod, id(claimed));
  }
  void send(const Cgroup& cgroup) const {
    send_datagrams(cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM), at("10.77.0.2", 9), 3, 100);
  }

  const Cgroup pods_{"pods.slice"};
  const Cgroup pod_{"pods.slice/" + kSliceOfPod};
  const std::string root_ = fmt::format("{}cgt-hostile-{}", testing::TempDir(), getpid());
};

TEST_F(HostileNames, AreCountedSaidOnceAndNeverShownRaw) {
  write_bundle(1, 1, R"(\u001b]0;owned\u0007\u202e)");
  write_bundle(2, 1, "victim");  // claims another's cgroup
  std::filesystem::create_directories(bundle(3));
  ASSERT_EQ(mkfifo((bundle(3) + "/config.json").c_str(), 0600), 0);
  std::filesystem::create_directories(bundle(4));
  std::ofstream(bundle(4) + "/config.json");
  std::filesystem::resize_file(bundle(4) + "/config.json", std::uintmax_t{1} << 40U);
  const Cgroup one(scope(1));
  const Cgroup two(scope(2));
  const Cgroup three(scope(3));
  const Cgroup four(scope(4));

  for (const char* command : {"record", "live"}) {
    Running program({kOld, command, "--private", "-i", "cgt0", "--netns", wire.host().path(),
                     "--interval", "100ms", "--host-root", root_});
    await_words(program, "counting");
    for (const Cgroup* cgroup : {&one, &two, &three, &four}) send(*cgroup);
    std::this_thread::sleep_for(400ms);
    program.signal(SIGINT);
    const Finished finished = program.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(has_only_text(finished.out)) << finished.out;
    EXPECT_TRUE(has_only_text(finished.err)) << finished.err;
    const std::string said = "its container is shown without a name";
    const std::size_t first = finished.err.find(said);
    EXPECT_NE(first, std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find(said, first + 1), std::string::npos) << finished.err;
    EXPECT_EQ(finished.out.find("victim"), std::string::npos) << finished.out;
    if (std::string(command) == "live") continue;
    std::set<std::string> names;
    for (const Sample& sample : samples_of(finished.out)) {
      if (!sample.account.str().starts_with(pods_.path())) continue;
      names.insert(sample.account.str().substr(sample.account.str().size() - 7, 1) +
                   sample.container.str());
      EXPECT_EQ(sample.totals.tx_packets.value, 3U) << sample.account.str();
    }
    EXPECT_EQ(names, (std::set<std::string>{R"(1\x1b]0;owned\x07\xe2\x80\xae)", "2", "3", "4"}));
  }
}

}  // namespace
}  // namespace cgtally::harness
