// SPDX-License-Identifier: Apache-2.0
// Names as anyone may make them: with bytes that control a terminal, and longer than the kernel's
// tracepoints tell. No output has such a byte, and each account has its whole name, also one that
// was gone after a moment.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <string>
#include <thread>

#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSmall = 100;
constexpr std::uint64_t kSmallFrame = 14 + 20 + 8 + kSmall;

bool is_harmless(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (' ' <= c && c <= '~'); });
}

class StrangeNames : public LedgerTest {
 protected:
  void send(const Cgroup& cgroup, int count) const {
    const sys::Fd socket = cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM);
    send_datagrams(socket, at("10.77.0.2", 9), count, kSmall);
  }
  [[nodiscard]] Words privately(const std::string& command) const {
    return {kOld,         command, "--private", "-i", "cgt0", "--netns", wire.host().name(),
            "--interval", "100ms"};
  }
  static std::map<std::string, std::uint64_t> sent_by_account(const std::string& csv) {
    std::map<std::string, std::uint64_t> sent;
    for (const Sample& sample : samples_of(csv)) {
      sent[sample.account] += sample.delta.tx_bytes.value;
    }
    return sent;
  }
};

TEST_F(StrangeNames, ReachNoOutputRawAndStayDifferent) {
  const Cgroup raw("a\x1b[31mb\x07\xff");
  const Cgroup literal(R"(a\x1b[31mb\x07\xff)");  // what the other one is shown as
  const std::string prefix = literal.path().substr(0, literal.path().find("-a\\") + 1);
  for (const char* command : {"record", "live"}) {
    Running program(privately(command));
    await_words(program, "counting");
    send(raw, 3);
    send(literal, 5);
    std::this_thread::sleep_for(400ms);
    program.signal(SIGINT);
    const Finished finished = program.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(is_harmless(finished.out)) << finished.out;
    EXPECT_TRUE(is_harmless(finished.err)) << finished.err;
    EXPECT_NE(finished.out.find(R"(a\x1b[31mb\x07\xff)"), std::string::npos) << finished.out;
    EXPECT_NE(finished.out.find(R"(a\x5cx1b[31mb\x5cx07\x5cxff)"), std::string::npos);
    if (std::string(command) == "record") {
      auto sent = sent_by_account(finished.out);
      EXPECT_EQ(sent[prefix + R"(a\x1b[31mb\x07\xff)"], 3 * kSmallFrame);
      EXPECT_EQ(sent[prefix + R"(a\x5cx1b[31mb\x5cx07\x5cxff)"], 5 * kSmallFrame);
      const Finished replayed = finish({kOld, "replay", "-"}, finished.out);
      EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
      EXPECT_TRUE(is_harmless(replayed.out)) << replayed.out;
      EXPECT_NE(replayed.out.find(R"(x1b[31mb\x07\xff)"), std::string::npos) << replayed.out;
    }
  }
}

TEST_F(StrangeNames, OfInterfacesReachNoOutputRaw) {
  wire.host().ip("link set cgt0 down");
  wire.host().ip("link set cgt0 name c\x1b[1m");
  wire.host().ip("link set c\x1b[1m up");
  const auto keeper = start_keeper(on_ledger(
      kOld, bpffs, {"up", "--keep", "-i", "c*", "--netns", wire.host().name(), "--slots", "64"}));
  EXPECT_TRUE(is_harmless(keeper->said())) << keeper->said();
  const Cgroup sender("plain");
  send(sender, 3);
  for (const Words& words : {Words{"status"}, Words{"totals"}, Words{"totals", "--json"},
                             Words{"record", "--duration", "300ms", "--interval", "100ms"}}) {
    const Finished finished = finish(on_ledger(kOld, bpffs, words));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(is_harmless(finished.out)) << finished.out;
    EXPECT_TRUE(is_harmless(finished.err)) << finished.err;
    EXPECT_NE(finished.out.find("x1b[1m"), std::string::npos) << finished.out;
  }
}

// The kernel's tracepoint cuts both of these paths to the same 1 023 bytes.
TEST_F(StrangeNames, LongerThanTheKernelTellsAreWhole) {
  const std::string level(240, 'l');
  std::list<Cgroup> parents;  // made before the program runs
  std::string below;
  for (int i = 0; i < 4; ++i) {
    below += (below.empty() ? "" : "/") + level;
    parents.emplace_back(below);
  }
  const auto keeper = start_keeper(up());
  for (const bool pinned : {false, true}) {
    Running program(pinned ? record() : privately("record"));
    await_words(program, "counting");
    std::map<std::string, std::uint64_t> expected;
    {
      Cgroup first(below + "/" + level + "-1");
      Cgroup second(below + "/" + level + "-2");
      Cgroup deeper(below + "/" + level + "-2/leaf");
      EXPECT_GT(first.path().size(), 1200U);
      int count = 0;
      for (Cgroup* one : {&first, &second, &deeper}) {
        send(*one, ++count);
        expected[one->path()] = static_cast<std::uint64_t>(count) * kSmallFrame;
      }
      deeper.remove();  // gone before anyone can look
    }
    std::this_thread::sleep_for(400ms);
    program.signal(SIGINT);
    const auto sent = sent_by_account(program.wait().out);
    for (const auto& [path, bytes] : expected) {
      ASSERT_TRUE(sent.contains(path)) << path;
      EXPECT_EQ(sent.at(path), bytes) << path;
    }
  }
  while (!parents.empty()) parents.pop_back();  // from the bottom
}

}  // namespace
}  // namespace cgtally::harness
