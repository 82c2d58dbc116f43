// SPDX-License-Identifier: Apache-2.0
// Law 7: one who makes cgroups by the dozen, each of which sends a packet, takes no slot that
// others need. What goes beyond the crowd's share is counted on the account above it; the keeper
// folds the crowd's idle accounts. No packet is lost or counted twice by that, and no rate comes of
// it.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/host/lateness.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kCrowd = 150;  // LedgerTest's ledger has 64 slots
constexpr int kOfVictim = 1000;
constexpr std::size_t kLongPayload = 1000;
constexpr std::uint64_t kLongFrame = 14 + 20 + 8 + kLongPayload;

class CrowdTest : public LedgerTest {
 protected:
  // Each of them lives until the test ends.
  void gather(int size) {
    for (int i = 0; i < size; ++i) {
      crowd_.emplace_back("crowd/" + std::to_string(crowd_.size()));
      send_one(crowd_.back());
    }
  }
  void send_one(const Cgroup& cgroup) const {
    send_datagrams(cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM), at("10.77.0.2", 9), 1, 10);
  }
  static void send_a_megabyte(const sys::Fd& socket) {
    for (int i = 0; i < kOfVictim / 50; ++i) {
      send_datagrams(socket, at("10.77.0.2", 9), 50, kLongPayload);
      std::this_thread::sleep_for(5ms);
    }
  }
  // Each of a cgroup of its own, which live until the test ends.
  [[nodiscard]] std::vector<sys::Fd> sockets_of_crowd(const std::string& above, int size = kCrowd) {
    std::vector<sys::Fd> sockets;
    for (int i = 0; i < size; ++i) {
      crowd_.emplace_back(above + std::to_string(i));
      sockets.push_back(crowd_.back().socket(wire.host(), AF_INET, SOCK_DGRAM));
    }
    return sockets;
  }
  [[nodiscard]] Traffic of(const Account& account) const {
    auto view = bpf::LedgerView::open(bpffs.path());
    Traffic all;
    const auto reading = view.value().read();
    for (const AccountTotals& one : reading.accounts) {
      if (one.account == account) all += one.totals;
    }
    return all;
  }
  [[nodiscard]] Traffic of(const Cgroup& cgroup) const {
    return of({.kind = AccountKind::cgroup, .cgroup_id = cgroup.id()});
  }
  [[nodiscard]] Traffic overflow() const {
    return of({.kind = AccountKind::overflow, .cgroup_id = 0});
  }
  [[nodiscard]] Traffic folded() const {
    return of({.kind = AccountKind::folded, .cgroup_id = parent_.id()});
  }

  Cgroup parent_{"crowd"};
  std::vector<Cgroup> crowd_;
};

TEST_P(CrowdTest, FillsTheTableAndAVictimThatComesLaterIsNamedInFull) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    gather(kCrowd);
    await_words(*keeper, "slots are short");
    give_time(2s);
    const Traffic before = overflow();
    const Cgroup victim("victim");
    send_a_megabyte(victim.socket(wire.host(), AF_INET, SOCK_DGRAM));
    expect_exact();
    EXPECT_EQ(overflow(), before) << "nothing of the victim's";
    EXPECT_EQ(of(victim).tx_bytes.value, kOfVictim * kLongFrame);
    EXPECT_GT(folded().tx_packets.value, 0U);
    EXPECT_NE(keeper->said().find(parent_.path()), std::string::npos) << keeper->said();
  });
}

// Quicker than any look of the keeper: the kernel side knows the share of the crowd.
TEST_P(CrowdTest, ThatSendsAllAtOnceLeavesAVictimItsNameFromTheFirstPacketOn) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    const Cgroup user("crowd/user");
    const Cgroup victim("victim");
    const auto of_victim = victim.socket(wire.host(), AF_INET, SOCK_DGRAM);
    const auto sockets = sockets_of_crowd("crowd/user/");
    for (const sys::Fd& one : sockets) send_datagrams(one, at("10.77.0.2", 9), 1, 10);
    send_a_megabyte(of_victim);
    expect_exact();
    EXPECT_EQ(overflow(), Traffic{});
    EXPECT_EQ(of(victim).tx_bytes.value, kOfVictim * kLongFrame);
    std::uint64_t packets = of(user).tx_packets.value;
    EXPECT_GT(packets, 80U) << "what goes beyond the share";
    packets += of({.kind = AccountKind::folded, .cgroup_id = user.id()}).tx_packets.value;
    for (const Cgroup& one : crowd_) packets += of(one).tx_packets.value;
    EXPECT_EQ(packets, kCrowd);
    await_words(*keeper, user.path() + " has used up its share of the slots");
    const auto totals = run(on_ledger(kOld, bpffs, {"totals"}));
    EXPECT_NE(totals.find("of cgroups below it are in its account"), std::string::npos) << totals;
    const auto status = run(on_ledger(kOld, bpffs, {"status"}));
    EXPECT_NE(status.find("most on " + user.path()), std::string::npos) << status;
    crowd_.clear();
  });
}

TEST_P(CrowdTest, OfAChildLeavesSlotsToItsSiblings) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    const Cgroup child("crowd/child");
    const Cgroup sibling("crowd/sibling");
    const auto of_sibling = sibling.socket(wire.host(), AF_INET, SOCK_DGRAM);
    {
      const auto sockets = sockets_of_crowd("crowd/child/");
      for (const sys::Fd& one : sockets) send_datagrams(one, at("10.77.0.2", 9), 1, 10);
      send_datagrams(of_sibling, at("10.77.0.2", 9), 1, kLongPayload);
      expect_exact();
      EXPECT_EQ(overflow(), Traffic{});
      EXPECT_EQ(of(sibling).tx_bytes.value, kLongFrame);
      EXPECT_EQ(of(parent_), Traffic{});
      EXPECT_GT(of(child).tx_packets.value, 80U);
    }
    crowd_.clear();
  });
}

TEST_P(CrowdTest, IsFoldedWithoutARateAndComesBackWithTotalsFromZero) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    gather(10);
    Running reader(on_ledger(kOld, bpffs, {"record", "--interval", "200ms"}));
    await_words(reader, "counting");
    gather(kCrowd);
    await_words(*keeper, "slots are short");
    give_time(1500ms);
    for (const Cgroup& one : crowd_) send_one(one);
    give_time(1500ms);
    expect_exact();
    reader.signal(SIGTERM);
    const auto finished = reader.wait();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    std::uint64_t packets = 0;
    std::size_t to_retired = 0;
    for (const Sample& sample : samples_of(finished.out)) {
      packets += sample.delta.tx_packets.value;
      if (sample.account.str().ends_with("(folded)")) {
        EXPECT_TRUE(sample.delta.empty());
        EXPECT_EQ(sample.account, parent_.path() + "/(folded)");
      } else if (sample.account.str().starts_with(parent_.path() + "/")) {
        to_retired += sample.state == SampleState::exited;
        EXPECT_EQ(sample.totals.tx_packets.value,
                  sample.state == SampleState::reset ? 1U : sample.totals.tx_packets.value);
      }
    }
    // If the crowd comes before the keeper has a spare slot, there is none for (folded) until the
    // first slot has rested: one account goes to (retired) at each look.
    EXPECT_LE(to_retired, 8U);
    EXPECT_EQ(packets, 2U * kCrowd + 10U) << "each packet is in one row";
  });
}

INSTANTIATE_TEST_SUITE_P(By, CrowdTest, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         hook_name);

}  // namespace
}  // namespace cgtally::harness
