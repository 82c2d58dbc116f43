// SPDX-License-Identifier: Apache-2.0
// A keeper starts in a world that has changed since the last one ended: another netns has the inode
// of one that has gone, or the kernel refuses what it allowed before. No totals are mixed, and
// no packet is counted twice.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/hooks.h"
#include "harness/host/lateness.h"
#include "harness/host/old_kernel.h"
#include "harness/traffic/frames.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class LedgerAgainTest : public LedgerTest {
 protected:
  using Guest = std::unique_ptr<Netns>;

  static Guest new_guest() {
    auto guest = std::make_unique<Netns>("guest");
    guest->sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    guest->sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    guest->ip("link add cgt0 type veth peer name cgt1\nlink set cgt0 up\nlink set cgt1 up\n");
    return guest;
  }
  // The kernel gives the lowest inode that is free, and frees them late: first others take all that
  // are lower, then guests try until it is there. Null if it does not come.
  static Guest guest_in_place_of(Guest old) {
    const auto inode = old->inode();
    const auto ifindex = old->ifindex("cgt0");
    old.reset();
    std::vector<std::unique_ptr<Netns>> others;
    const auto take_lower = [&] {
      do {
        others.push_back(std::make_unique<Netns>("other" + std::to_string(others.size())));
      } while (others.back()->inode() < inode && others.size() < 500);
      others.pop_back();
    };
    take_lower();
    for (const auto deadline = std::chrono::steady_clock::now() + 20s;
         std::chrono::steady_clock::now() < deadline;) {
      auto guest = new_guest();
      if (guest->inode() == inode) {
        require(guest->ifindex("cgt0") == ifindex, "the same index again");
        return guest;
      }
      const bool lower = guest->inode() < inode;
      guest.reset();
      std::this_thread::sleep_for(20ms);
      if (lower) take_lower();
    }
    return nullptr;
  }
  // A netns of somebody else's may have taken the inode for long: then all begins again.
  static void until_given_again(const std::function<bool()>& scene) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      if (scene()) return;
    }
    throw std::runtime_error("the inode does not come again");
  }
  bool begin_again() {
    EXPECT_EQ(finish(down({"--forget"})).exit_code, 0);
    return false;
  }
  static void frames(const Netns& netns, int count) {
    const PacketSocket far(netns, "cgt1");
    for (int i = 0; i < count; ++i) {
      far.send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(100)));
    }
  }
  [[nodiscard]] Words up_in(const Netns& netns) const {
    return on_ledger(kOld, bpffs,
                     {"up", "--keep", "-i", "cgt0", "--netns", netns.name(), "--slots", "64"});
  }
  // Packets received, by interface key.
  [[nodiscard]] std::map<std::uint32_t, std::uint64_t> received_by_key() const {
    auto view = bpf::LedgerView::open(bpffs.path());
    std::map<std::uint32_t, std::uint64_t> received;
    for (const auto& one : view->read().accounts) {
      received[one.iface.value] += one.totals.rx_packets.value;
    }
    return received;
  }
  // The first one's totals are retired; the second one's are under a key of their own.
  void expect_two_interfaces(std::uint64_t first, std::uint64_t second) const {
    const std::map<std::uint32_t, std::uint64_t> expected{{2, second},
                                                          {kGoneInterface.value, first}};
    (void)comes_true_within(30s, [&] { return received_by_key() == expected; });
    EXPECT_EQ(received_by_key(), expected);
  }
  void expect_kinds(std::size_t tcx, std::size_t filters) const {
    const auto attached = attached_cgtally(wire.host());
    const auto links = std::ranges::count_if(
        attached, [](const auto& one) { return one.find("tcx") != std::string::npos; });
    EXPECT_EQ(static_cast<std::size_t>(links), tcx);
    EXPECT_EQ(attached.size(), tcx + filters);
  }
};

TEST_P(LedgerAgainTest, AnInterfaceInANetnsWithTheInodeOfOneThatHasGoneIsAnother) {
  on_kernel([&] {
    until_given_again([&] {
      auto guest = new_guest();
      auto keeper = start_keeper(up_in(*guest));
      frames(*guest, 9);
      keeper.reset();
      guest = guest_in_place_of(std::move(guest));
      if (!guest) return begin_again();
      frames(*guest, 3);  // not counted
      keeper = start_keeper(up_in(*guest));
      frames(*guest, 5);
      expect_two_interfaces(9, 5);
      EXPECT_EQ(keeper->said().find("took our program away"), std::string::npos) << keeper->said();
      EXPECT_EQ(finish(down({"--forget"})).exit_code, 0);
      return true;
    });
  });
}

TEST_P(LedgerAgainTest, SoItIsAfterALedgerWasDownMeanwhile) {
  on_kernel([&] {
    until_given_again([&] {
      auto guest = new_guest();
      auto keeper = start_keeper(up_in(*guest));
      frames(*guest, 9);
      EXPECT_EQ(finish(down()).exit_code, 0);
      guest = guest_in_place_of(std::move(guest));
      if (!guest) return begin_again();
      keeper = start_keeper(up_in(*guest));
      frames(*guest, 5);
      expect_two_interfaces(9, 5);
      EXPECT_EQ(finish(down({"--forget"})).exit_code, 0);
      return true;
    });
  });
}

TEST_P(LedgerAgainTest, TheQdiscOfAnInterfaceInSuchANetnsIsNotOurs) {
  if (GetParam() == HookChoice::newest) GTEST_SKIP() << "tcx needs no qdisc";
  on_kernel([&] {
    until_given_again([&] {
      auto guest = new_guest();
      start_keeper(up_in(*guest)).reset();
      guest = guest_in_place_of(std::move(guest));
      if (!guest) return begin_again();
      const auto tc = [&](const Words& words) {
        return inside(*guest, [&] { return run(words); });
      };
      tc({"tc", "qdisc", "add", "dev", "cgt0", "clsact"});
      EXPECT_EQ(finish(down({"--forget"})).exit_code, 0);
      const auto qdiscs = tc({"tc", "qdisc", "show", "dev", "cgt0"});
      EXPECT_NE(qdiscs.find("clsact"), std::string::npos) << qdiscs;
      return true;
    });
  });
}

// As a stricter sandbox has it, or an older library: links that are there can be used all the same.
TEST_P(LedgerAgainTest, AKeeperThatMayNotMakeLinksGoesOnWithThoseThatAreThere) {
  if (GetParam() == HookChoice::clsact) GTEST_SKIP() << "there are no links";
  in_own_thread([&] { start_keeper(up()).reset(); });
  stream.run();
  without_tcx([&] {
    const auto keeper = start_keeper(up());
    stream.pause();
    expect_kinds(2, 0);
    expect_exact();
    EXPECT_NE(keeper->said().find("(tcx)"), std::string::npos) << keeper->said();
  });
  stream.run();
  in_own_thread([&] {
    const auto keeper = start_keeper(up());
    stream.pause();
    expect_kinds(2, 0);
    expect_exact();
    forget_without_a_trace();
  });
}

TEST_P(LedgerAgainTest, WhereOneIsLostItHangsAFilterAndTheNextKeeperKeepsThat) {
  if (GetParam() == HookChoice::clsact) GTEST_SKIP() << "there are no links";
  in_own_thread([&] { start_keeper(up()).reset(); });
  const auto lose = [&](const std::string& pin) {
    run({"bpftool", "link", "detach", "pinned", ledger_below(bpffs.path()) + "/" + pin});
  };
  without_tcx([&] {
    lose("1-ingress");  // while no keeper runs
    auto keeper = start_keeper(up());
    expect_kinds(1, 1);
    expect_counted_once();
    await_words(*keeper, "attached again");
    lose("1-egress");
    await_words(*keeper, "up to ");
    (void)comes_true_within(10s, [&] { return attached_cgtally(wire.host()).size() >= 2; });
    expect_kinds(0, 2);
    expect_counted_once();
  });
  in_own_thread([&] {
    const auto keeper = start_keeper(up());
    expect_kinds(0, 2);
    expect_counted_once();
    forget_without_a_trace();
  });
}

// The other direction: a keeper that could make links takes over filters that are attached.
TEST_P(LedgerAgainTest, FiltersOfAKeeperThatCouldDoNoMoreAreTakenOver) {
  if (GetParam() == HookChoice::clsact) GTEST_SKIP() << "there are no links";
  without_tcx([&] { start_keeper(up()).reset(); });
  stream.run();
  in_own_thread([&] {
    const auto keeper = start_keeper(up());
    stream.pause();
    expect_kinds(0, 2);
    expect_exact();
    forget_without_a_trace();
  });
}

INSTANTIATE_TEST_SUITE_P(Again, LedgerAgainTest,
                         testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
