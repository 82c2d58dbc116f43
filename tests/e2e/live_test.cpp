// SPDX-License-Identifier: Apache-2.0
// What `live` shows beside the totals: bursts that were sent, the last second, and the credits of
// an instance that is told, from what was remembered, which it leaves as it is.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "e2e/bursts/burst_truth.h"
#include "e2e/private_run.h"
#include "harness/host/cgroup.h"
#include "harness/host/lateness.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class LiveTest : public PrivateRunTest {
 protected:
  [[nodiscard]] Words live(const Words& more) const { return command("live", more); }
  void send_burst(int count) const {
    const auto socket = wire.host().socket(AF_INET, SOCK_DGRAM);
    const auto sink = wire.remote().socket(AF_INET, SOCK_DGRAM);
    bind_to(sink, at(kRemote4, 5100));  // or ICMP would be a burst of its own
    send_datagrams(socket, at(kRemote4, 5100), count, 1200);
  }
};

bool has(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

void await_written(const Running& program, const std::string& pattern) {
  EXPECT_TRUE(comes_true_within(10s, [&] { return has(program.written(), pattern); }))
      << program.written();
}

int count_of(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  return static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

TEST_F(LiveTest, PipedShowsABurstOnceAndTheSecondThatHasIt) {
  const std::string whole = "\\dZ burst \\d\\d:\\d\\d:\\d\\d\\.\\d{3} tx [0-9.]+ ms 248\\.4 kB /";
  std::string out;
  // A sender that is kept from the CPU sends several.
  for (int attempt = 0; attempt < 6 && count_of(out, whole) != 1; ++attempt) {
    Running program(live({"--interval", "500ms"}));
    await_words(program, "counting cgt0");
    give_time(1500ms);  // the first second teaches it the mean
    send_burst(200);
    give_time(1500ms);
    out = end(program).out;
  }
  EXPECT_EQ(count_of(out, whole), 1) << out;
  EXPECT_TRUE(has(out, "\\d\\dZ bursts 0/min\n")) << out;
  EXPECT_TRUE(has(out, "\\d\\dZ bursts 1/min\n")) << out;
  EXPECT_TRUE(has(out, "Z cgt0 last 1 s tx \\[[ .:|]*#[ .:|#]*\\] rx \\[[ .:|#]{20}\\]\n")) << out;
  EXPECT_FALSE(has(out, "credits")) << "nobody knows of an instance: " << out;
}

TEST_F(LiveTest, WithoutConnectionsTheirColumnsAreEmpty) {
  const Cgroup cgroup("conns");
  const auto listener = wire.remote().socket(AF_INET, SOCK_STREAM);
  listen_at(listener, at(kRemote4, 7002));
  const auto client = cgroup.socket(wire.host(), AF_INET, SOCK_STREAM);
  connect_to(client, at(kRemote4, 7002));
  const auto server = accept_from(listener);
  const auto rows_of = [&](const std::string& name, const Words& more) {
    const std::string path =
        std::filesystem::temp_directory_path() / (wire.host().name() + "-" + name + ".csv");
    Words words{"--csv", path};
    words.insert(words.end(), more.begin(), more.end());
    Running program(command(name, words));
    await_words(program, "counting cgt0");
    for (int i = 0; i < 25; ++i) {
      transfer(client, server, 10'000);
      std::this_thread::sleep_for(100ms);
    }
    (void)end(program);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    std::filesystem::remove(path);
    return text.str();
  };
  const std::string row = cgroup.path() + ",[^\n]*,live,[^\n]*";
  const std::string counts = "(,[0-9]+){6}\n";  // what TCP's flags tell is there in each case
  for (const auto* name : {"record", "live"}) {
    EXPECT_TRUE(has(rows_of(name, {}), row + ",1,[0-9]*,[0-9]*" + counts)) << name;
    const std::string without = rows_of(name, {"--no-connections"});
    EXPECT_TRUE(has(without, row + "[0-9],,," + counts)) << name << without;
    EXPECT_FALSE(has(without, row + ",1,[0-9]*,[0-9]*" + counts)) << name << without;
  }
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(LiveTest, GoesOnWithTheCreditsThatAreRememberedAndLeavesThemAsTheyAre) {
  const auto directory = std::filesystem::temp_directory_path() / ("state-" + wire.host().name());
  const Words limits{"--instance", "t4g.micro", "--state-dir", directory};
  Running unknown(live(limits));
  await_written(unknown, "tx\\+rx credits UNKNOWN, known after ");
  (void)end(unknown);
  EXPECT_FALSE(std::filesystem::exists(directory)) << "live writes no state";

  Words credits = command("credits", {"--duration", "300ms", "--start", "full"});
  credits.insert(credits.end(), limits.begin(), limits.end());
  run(credits);
  const auto file = directory / "credits.state";
  const std::string kept = text_of(file);
  ASSERT_FALSE(kept.empty());
  Running known(live(limits));
  await_written(known, "Z credits tx (full|earning) rx (full|earning)\n");
  const Finished with = end(known);
  EXPECT_TRUE(has(with.err, "the credits go on as remembered .* nobody counted")) << with.err;
  EXPECT_EQ(text_of(file), kept);

  std::ofstream(file) << "nonsense\n";
  Running corrupt(live(limits));
  await_words(corrupt, "counting cgt0");
  EXPECT_NE(end(corrupt).err.find("credits.state is of no use"), std::string::npos);
  EXPECT_EQ(text_of(file), "nonsense\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cgtally::harness
