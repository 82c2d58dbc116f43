// SPDX-License-Identifier: Apache-2.0
// nf_conntrack is loaded after cgtally has started, as docker or kube-proxy do at boot: the
// programs are replaced by such as ask it. Here the kernel's types hide it first; to a program that
// asks for what there is, this is the same.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr auto kTypes = "/sys/kernel/btf";
const std::string kLookup = "bpf_skb_ct_lookup";

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// In mounts of the calling thread's own. The types of the kernel, without the lookup in conntrack.
class HiddenConntrack {
 public:
  HiddenConntrack()
      : vmlinux_(contents_of(std::string(kTypes) + "/vmlinux")),
        module_(contents_of(std::string(kTypes) + "/nf_conntrack")) {
    own_mounts();
    cover(kTypes);
    std::string without = vmlinux_;
    for (auto at = without.find(kLookup); at != std::string::npos; at = without.find(kLookup)) {
      without[at] = '_';
    }
    write("vmlinux", without);
  }
  // As when the module is loaded. Where it is built in, an empty file stands for its types.
  void load() const {
    write("vmlinux", vmlinux_);
    write("nf_conntrack", module_);
  }

 private:
  static void write(const std::string& name, const std::string& content) {
    const std::string path = std::string(kTypes) + "/" + name;
    std::ofstream(path + ".new", std::ios::binary) << content;
    std::filesystem::rename(path + ".new", path);
  }
  std::string vmlinux_, module_;
};

class ConntrackComes : public LedgerTest {
 protected:
  void SetUp() override {
    if (!bpf::probe_kernel().conntrack_lookup) GTEST_SKIP() << "no conntrack that could be asked";
  }
  static constexpr auto kNotice =
      "nf_conntrack was loaded: from now on it is asked which packets NAT translates";
};

// The verifier removes the call from a program that may not make it.
bool asks_conntrack(std::uint32_t program_id) {
  return run({"bpftool", "prog", "dump", "xlated", "id", std::to_string(program_id)})
             .find(kLookup) != std::string::npos;
}

TEST_P(ConntrackComes, AndTheKeeperReplacesTheProgramsUnderTraffic) {
  on_kernel([&] {
    const HiddenConntrack conntrack;
    const auto keeper = start_keeper(up());
    const auto record = [&] {
      return bpf::LedgerView::open(bpffs.path()).value().interfaces().front();
    };
    const auto before = record();
    EXPECT_FALSE(asks_conntrack(before.program_ids[0]));
    stream.run();
    std::this_thread::sleep_for(200ms);
    conntrack.load();
    await_words(*keeper, kNotice);
    std::this_thread::sleep_for(1500ms);  // said once
    stream.pause();
    expect_exact();
    const std::string said = keeper->said();
    EXPECT_EQ(said.find(kNotice), said.rfind(kNotice)) << said;
    const auto after = record();
    EXPECT_NE(after.program_ids, before.program_ids);
    EXPECT_EQ(after.gaps, 0U);
    EXPECT_TRUE(asks_conntrack(after.program_ids[0]));
    expect_counted_once();
    forget_without_a_trace();
  });
}

TEST_P(ConntrackComes, AndAPrivateRunReplacesItsOwn) {
  on_kernel([&] {
    const HiddenConntrack conntrack;
    Running counting({kOld, "record", "--private", "--interval", "100ms", "-i", "cgt0", "--netns",
                      wire.host().name()});
    await_words(counting, "counting cgt0");
    const auto before = settled_truth();
    std::this_thread::sleep_for(200ms);
    stream.run();
    conntrack.load();
    await_words(counting, kNotice);
    std::this_thread::sleep_for(250ms);
    stream.pause();
    const Traffic carried = difference(before, settled_truth());
    std::this_thread::sleep_for(200ms);
    counting.signal(SIGINT);
    const auto finished = counting.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(sum_of_deltas(finished.out), carried);
    expect_nothing_attached();
  });
}

INSTANTIATE_TEST_SUITE_P(Hooks, ConntrackComes,
                         testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
