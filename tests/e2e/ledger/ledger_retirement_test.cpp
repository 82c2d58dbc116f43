// SPDX-License-Identifier: Apache-2.0
// Cgroups come and go by the hundred under a keeper, through a ledger with room for few of them:
// nothing lands on (overflow), every cgroup's last row is in the CSV of a slow reader, and no
// retirement is seen as traffic. Killing the keeper while it retires changes no total.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/host/lateness.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kSlots = 64;  // of LedgerTest's ledger; an interface's reasons take some of them
constexpr int kDatagrams = 3;
constexpr std::size_t kPayload = 100;
constexpr std::uint64_t kFrame = 14 + 20 + 8 + kPayload;

class RetiringLedger : public LedgerTest {
 protected:
  // A cgroup that sends a little and is removed. Its id.
  std::uint64_t live_and_die(const std::string& label) const {
    Cgroup cgroup(label);
    send_datagrams(cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM), at("10.77.0.2", 9), kDatagrams,
                   kPayload);
    cgroup.remove();
    return cgroup.id();
  }
  [[nodiscard]] std::ptrdiff_t cgroups_in_ledger() const {
    const auto reading = bpf::LedgerView::open(bpffs.path()).value().read();
    return std::ranges::count_if(reading.accounts, [](const AccountTotals& one) {
      return one.account.kind == AccountKind::cgroup;
    });
  }
  // What a reader of the next ABI writes until something is retired, and sums that are exact then.
  struct Retired {
    std::map<std::string, Sample> last;  // rows, by account
    std::string said;
  };
  Retired read_until_retired(std::chrono::seconds limit, const std::function<void()>& meanwhile) {
    const auto csv = std::filesystem::temp_directory_path() / (wire.host().name() + ".csv");
    const auto written = [&] {
      std::ostringstream text;
      text << std::ifstream(csv).rdbuf();
      return text.str();
    };
    auto words = record(kNext);
    words.insert(words.end(), {"--csv", csv});
    Running reader(words);
    await_words(reader, "(the pinned ledger)");
    stream.once();  // whatever has totals has a row then
    meanwhile();
    const auto end = std::chrono::steady_clock::now() + limit;
    while (written().find("(retired)") == std::string::npos &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(50ms);
    }
    (void)settled_truth();
    reader.signal(SIGTERM);
    Retired retired{.last = {}, .said = reader.wait().err};
    for (const Sample& sample : samples_of(written())) {
      retired.last.insert_or_assign(sample.account, sample);
    }
    std::filesystem::remove(csv);
    return retired;
  }
  // It sent `packets`, and its totals are now those of (retired).
  void expect_retired(const Retired& retired, const std::string& account, std::uint64_t packets) {
    ASSERT_TRUE(retired.last.contains(account)) << retired.said;
    ASSERT_TRUE(retired.last.contains("(retired)")) << retired.said;
    EXPECT_EQ(retired.last.at(account).state, SampleState::exited);
    Traffic all;
    for (const auto& [name, sample] : retired.last) {
      if (name != account) all += sample.totals;
    }
    EXPECT_EQ(all, difference(base, settled_truth()));
    for (const auto& name : {account, std::string("(retired)")}) {
      EXPECT_EQ(retired.last.at(name).totals.tx_packets.value, packets) << name;
      EXPECT_EQ(retired.last.at(name).totals.tx_bytes.value, packets * kFrame) << name;
    }
  }
};

TEST_P(RetiringLedger, FiveTimesAsManyCgroupsAsSlotsComeAndGoAndEachHasItsLastRow) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    // Its looks at counters come between its samples, and must not take final_totals from them.
    const std::filesystem::path counters =
        std::filesystem::temp_directory_path() / (wire.host().name() + "-allowances.csv");
    Running reader(
        on_ledger(kOld, bpffs, {"record", "--interval", "3s", "--allowances", counters.string()}));
    await_words(reader, "counting");
    std::map<std::uint64_t, Traffic> lives;
    for (int i = 0; i < 5 * kSlots; ++i) {
      lives[live_and_die("life-" + std::to_string(i))];
      std::this_thread::sleep_for(30ms);
      // A keeper that a busy machine lets wait is waited for.
      EXPECT_TRUE(comes_true_within(100s, [&] { return cgroups_in_ledger() < 3 * kSlots / 4; }));
    }
    ASSERT_EQ(lives.size(), 5U * kSlots);
    std::this_thread::sleep_for(2s);
    reader.signal(SIGTERM);
    const auto finished = reader.wait();
    std::filesystem::remove(counters);
    for (const Sample& sample : samples_of(finished.out)) {
      EXPECT_NE(sample.account, "(overflow)") << sample.totals.tx_packets.value;
      if (sample.account == "(retired)") {
        EXPECT_TRUE(sample.delta.empty());
        EXPECT_EQ(sample.state, SampleState::exited);
      }
      const auto life = lives.find(sample.cgroup_id);
      if (life == lives.end()) continue;
      EXPECT_EQ(sample.account.str().rfind("/cgt-", 0), 0U) << sample.account.str();
      life->second += sample.delta;
      EXPECT_LE(sample.delta.tx_packets.value, std::uint64_t{kDatagrams});
    }
    for (const auto& [id, sent] : lives) {
      EXPECT_EQ(sent.tx_packets.value, std::uint64_t{kDatagrams}) << id;
      EXPECT_EQ(sent.tx_bytes.value, kDatagrams * kFrame) << id;
    }
    stream.once();
    expect_exact();
  });
}

TEST_P(RetiringLedger, KeepersKilledWhileTheyFoldLoseNothing) {
  on_kernel([&] {
    auto keeper = start_keeper(up());
    stream.run();
    int lives = 0;
    for (int round = 0; round < 12; ++round) {
      const auto end = std::chrono::steady_clock::now() + 350ms + 37ms * round;
      while (std::chrono::steady_clock::now() < end) {
        live_and_die("retire-" + std::to_string(lives++));
      }
      keeper = std::make_unique<Running>(up());  // kills the one before
    }
    keeper.reset();
    keeper = start_keeper(up());
    stream.pause();
    EXPECT_GT(lives, kSlots);
    expect_exact();
  });
}

TEST_P(RetiringLedger, AnInterfaceThatHasGoneIsFoldedAndLosesNothing) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    stream.once();
    live_and_die("last");
    expect_exact();
    const Traffic before = booked(bpffs);
    wire.host().ip("link del cgt0");
    await_words(*keeper, "cgt0 has gone");
    const auto of_gone = [&] {
      const auto entries = bpffs.entries();
      return std::ranges::count_if(
          entries, [](const std::string& entry) { return entry.find("1-") != std::string::npos; });
    };
    EXPECT_TRUE(comes_true_within(20s, [&] { return of_gone() == 0; }))
        << of_gone() << " pins are of the interface that has gone";
    EXPECT_EQ(booked(bpffs), before);
  });
}

TEST_P(RetiringLedger, WhoDiesWhileNoProcessRunsStillHasAName) {
  on_kernel([&] {
    start_keeper(up()).reset();  // killed
    Cgroup cgroup("unseen");
    const std::string path = cgroup.path();
    const sys::Fd socket = cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM);
    send_datagrams(socket, at("10.77.0.2", 9), kDatagrams, kPayload);
    cgroup.remove();
    Running reader(on_ledger(kOld, bpffs, {"record", "--interval", "200ms"}));
    await_words(reader, "counting");
    send_datagrams(socket, at("10.77.0.2", 9), kDatagrams, kPayload);  // after its owner's end
    std::this_thread::sleep_for(500ms);
    reader.signal(SIGTERM);
    std::uint64_t packets = 0;
    for (const Sample& sample : samples_of(reader.wait().out)) {
      if (sample.cgroup_id != cgroup.id()) continue;
      EXPECT_EQ(sample.account, path);
      EXPECT_EQ(sample.state, SampleState::exited);
      packets += sample.delta.tx_packets.value;
    }
    EXPECT_EQ(packets, std::uint64_t{kDatagrams});
  });
}

TEST_P(RetiringLedger, WhoDiesBeforeAMigrationKeepsItsNameAndIsRetired) {
  on_kernel([&] {
    start_keeper(up()).reset();  // killed
    Cgroup cgroup("moved");
    const std::string path = cgroup.path();
    sys::Fd socket = cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM);
    send_datagrams(socket, at("10.77.0.2", 9), kDatagrams, kPayload);
    cgroup.remove();
    const auto keeper = start_keeper(up(kNext, {"--migrate"}));
    const auto retired = read_until_retired(150s, [&] {
      send_datagrams(socket, at("10.77.0.2", 9), kDatagrams, kPayload);  // after its owner's end
      socket = {};
    });
    expect_retired(retired, path, 2 * kDatagrams);
  });
}

INSTANTIATE_TEST_SUITE_P(By, RetiringLedger,
                         ::testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
