// SPDX-License-Identifier: Apache-2.0
// A full ledger is told while the command runs, when it first takes traffic from an account: once,
// with the cure, by commands with a ledger of their own. The pinned one never is.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <list>
#include <string>
#include <thread>

#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class Overflow : public LedgerTest {
 protected:
  // A datagram of each of `count` more cgroups, which stay.
  void add_senders(int count) {
    for (int i = 0; i < count; ++i) {
      cgroups_.emplace_back("overflow-" + std::to_string(cgroups_.size()));
      const sys::Fd socket = cgroups_.back().socket(wire.host(), AF_INET, SOCK_DGRAM);
      send_datagrams(socket, at("10.77.0.2", 9), 1, 100);
    }
  }
  static int count_of(const std::string& text, const std::string& words) {
    int count = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
      ++count;
    }
    return count;
  }
  // It says so while it runs, and no more than once however often it happens.
  void expect_told_once(Running& program, const std::string& cure) {
    await_words(program, "all 64 slots of the ledger are taken");
    add_senders(5);
    std::this_thread::sleep_for(500ms);
    program.signal(SIGINT);
    const std::string said = program.wait().err;
    EXPECT_EQ(count_of(said, "all 64 slots"), 1) << said;
    EXPECT_NE(said.find("so far are on (overflow)"), std::string::npos) << said;
    EXPECT_NE(said.find(cure), std::string::npos) << said;
  }

 private:
  std::list<Cgroup> cgroups_;
};

TEST_F(Overflow, OfAnOwnLedgerIsToldWhenItFirstHappens) {
  for (const char* command : {"record", "live"}) {
    Running program({kOld, command, "--private", "-i", "cgt0", "--netns", wire.host().name(),
                     "--interval", "100ms", "--slots", "64"});
    await_words(program, "counting");
    add_senders(70);
    expect_told_once(program, "--slots 256");
  }
}

// It has a reserve, for the account of the root cgroup, too.
TEST_F(Overflow, OfThePinnedLedgerGoesToTheRootCgroupAndItsKeeperTells) {
  const auto keeper = start_keeper(up());
  Running reader(record());
  await_words(reader, "(the pinned ledger)");
  add_senders(70);
  await_words(*keeper, "the slots were used up: packets of further cgroups are in the account /");
  expect_exact();
  reader.signal(SIGINT);
  const std::string out = reader.wait().out;
  EXPECT_EQ(out.find("(overflow)"), std::string::npos) << out;
}

}  // namespace
}  // namespace cgtally::harness
