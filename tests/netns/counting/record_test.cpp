// SPDX-License-Identifier: Apache-2.0
// The program itself, from the packet to the CSV: what a reader of the rows learns is what crossed
// the wire, under names that are right also for what lived 10 ms; and afterwards nothing is
// attached.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

#include "adapters/csv/samples.h"
#include "harness/host/command.h"
#include "harness/host/lateness.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class Record : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override {
    program_.reset();
    std::filesystem::remove_all(directory_);
    WireTest::TearDown();
  }

  // Counts devices of the host that match `glob`; comes back after the first reading.
  void start(const std::string& glob) {
    program_ = std::make_unique<Running>(
        std::vector<std::string>{CGTALLY_BINARY, "record", "--netns", wire_.host().name(), "-i",
                                 glob, "--interval", "100ms", "--csv", csv_});
    wait_until([&] { return attached_cgtally(wire_.host()).size() == 2; }, "attached");
    // Each reading after the first writes a row of (kernel).
    wait_until([&] { return has_rows(); }, "first row");
  }
  // Ends it after one more interval, and reads what it wrote.
  std::vector<Sample> stop(int signal = SIGINT) {
    std::this_thread::sleep_for(250ms);
    program_->signal(signal);
    const auto finished = program_->wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(attached_cgtally(wire_.host()), std::vector<std::string>{});
    auto samples = csv::read_samples(csv_);
    if (!samples) ADD_FAILURE() << samples.error().what;
    return samples.value_or(std::vector<Sample>{});
  }

  [[nodiscard]] bool has_rows() const {
    const auto samples = csv::read_samples(csv_);
    return samples && !samples->empty();
  }

  static void wait_until(const std::function<bool()>& holds, const char* what) {
    if (comes_true_within(20s, holds)) return;
    throw std::runtime_error(std::string("waited in vain for: ") + what);
  }

  const std::string directory_ = std::filesystem::temp_directory_path() / wire_.host().name();
  const std::string csv_ = directory_ + "/samples.csv";
  std::unique_ptr<Running> program_;
};

Traffic sum_of(const std::vector<Sample>& samples, const std::string& account) {
  Traffic all;
  for (const auto& sample : samples) {
    if (sample.account == account) all += on_wire(sample.delta);
  }
  return all;
}

TEST_F(Record, RowsOfAnAccountSumUpToWhatItSentAndReceived) {
  const Cgroup cgroup("recorded");
  wire_.watch("web", "tcp dport 8001", "tcp sport 8001");
  const auto listener = cgroup.socket(wire_.host(), AF_INET, SOCK_STREAM);
  listen_at(listener, host_at(Ip::v4, 8001));
  start("cgt0");
  auto [remote, host] =
      connect_through(listener, wire_.remote().socket(AF_INET, SOCK_STREAM), host_at(Ip::v4, 8001));
  for (int i = 0; i < 6; ++i) {
    transfer(remote, host, 300'000);
    transfer(host, remote, 500'000);
    std::this_thread::sleep_for(50ms);
  }
  close_in_order(std::move(remote), std::move(host));
  const auto samples = stop();
  EXPECT_EQ(sum_of(samples, cgroup.path()), wire_.watched("web"));
  std::int64_t rows = 0;
  for (const auto& sample : samples) rows += sample.account == cgroup.path() ? 1 : 0;
  EXPECT_GE(rows, 3);
}

TEST_F(Record, ACgroupThatLivedTenMillisecondsHasItsNameAndItsLastRow) {
  start("cgt0");
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) {
    Cgroup brief("brief" + std::to_string(i));
    paths.push_back(brief.path());
    send_datagrams(brief.socket(wire_.host(), AF_INET, SOCK_DGRAM), remote_at(Ip::v4, 5001), 3,
                   100);
    brief.remove();
  }
  const auto samples = stop(SIGTERM);
  for (const auto& path : paths) EXPECT_EQ(sum_of(samples, path), sent(3, 142)) << path;
  for (const auto& path : paths) {
    const auto ends = std::ranges::count_if(samples, [&](const Sample& sample) {
      return sample.account == path && sample.state == SampleState::exited;
    });
    EXPECT_EQ(ends, 1) << path;
  }
}

TEST_F(Record, APathThatIsMadeAgainAndAgainHasOneSumAndNoImpossibleRate) {
  constexpr int kLives = 50;
  start("cgt0");
  const auto before = wire_.host_end().truth();
  std::string path;
  for (int life = 0; life < kLives; ++life) {
    Cgroup cgroup("again");
    path = cgroup.path();
    const auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    send_datagrams(socket, remote_at(Ip::v4, 5001), 2 * kLives - life, 1000);
    cgroup.remove();
    send_datagrams(socket, remote_at(Ip::v4, 5001), 1, 1000);
    std::this_thread::sleep_for(7ms);
  }
  const auto samples = stop();
  EXPECT_EQ(sum_of(samples, path),
            sent(kLives * (2 * kLives + 1) - kLives * (kLives - 1) / 2, 1042));
  const auto carried = difference(before, wire_.host_end().truth());
  for (const auto& sample : samples) {
    EXPECT_LE(sample.delta, carried) << sample.account.str();
    EXPECT_NE(sample.state, SampleState::reset) << sample.account.str();
  }
}

TEST_F(Record, AnInterfaceThatAppearsLaterAndVanishesIsCountedAsLongAsItIsThere) {
  start("[ca]g*0");  // cgt0, and again0 once it is there
  Traffic expected;
  for (int life = 0; life < 3; ++life) {
    wire_.host().ip(
        "link add again0 type veth peer name again1\nlink set again0 up\nlink set again1 up\n");
    wait_until([&] { return attached_cgtally(wire_.host()).size() == 4; }, "attached to again0");
    std::this_thread::sleep_for(150ms);
    const PacketSocket socket(wire_.host(), "again1");
    for (int i = 0; i <= life; ++i)
      socket.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(100)));
    expected += received(static_cast<std::uint64_t>(life) + 1, 114);
    std::this_thread::sleep_for(150ms);
    wire_.host().ip("link del again0\n");
  }
  const auto samples = stop();
  Traffic counted;
  for (const auto& sample : samples) {
    if (sample.iface == "again0" && sample.account == "(not ip)") counted += on_wire(sample.delta);
  }
  EXPECT_EQ(counted, expected);
}

TEST_F(Record, AKilledRecorderLeavesNothingOnAKernelWithLinks) {
  start("cgt0");
  program_->signal(SIGKILL);
  EXPECT_EQ(program_->wait().exit_code, 128 + SIGKILL);
  wait_until([&] { return attached_cgtally(wire_.host()).empty(); }, "detached");
  EXPECT_TRUE(csv::read_samples(csv_).has_value());
}

}  // namespace
}  // namespace cgtally::harness
