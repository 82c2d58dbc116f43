// SPDX-License-Identifier: Apache-2.0
// A netns goes and comes back under its name, as that of a restarted container does: it is waited
// for as an interface is, and the sum of what is counted is that of all its lives.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

#include "adapters/netlink/device_counters.h"
#include "e2e/ledger/ledger_scene.h"
#include "e2e/scene.h"
#include "harness/host/lateness.h"
#include "harness/host/old_kernel.h"
#include "harness/traffic/frames.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kNetnsLives = 3;  // each longer than the one before
constexpr std::uint64_t kFrame = 114;

int count_of(const std::string& text, const std::string& words) {
  int count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

void await_count(const Running& program, const std::string& words, int count) {
  const auto come = [&] { return count_of(program.said(), words) >= count; };
  if (comes_true_within(30s, come)) return;
  throw std::runtime_error("\"" + words + "\" does not come; it said: " + program.said());
}

// A netns with a pair of devices; frames sent on far0 are received by near0.
class GuestNetns {
 public:
  explicit GuestNetns(const std::string& label) : netns_(label) {
    netns_.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    netns_.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    netns_.ip("link add near0 type veth peer name far0\nlink set near0 up\nlink set far0 up\n");
  }
  [[nodiscard]] const Netns& netns() const { return netns_; }
  void send(int frames) const {
    const PacketSocket far(netns_, "far0");
    for (int i = 0; i < frames; ++i) {
      far.send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(100)));
    }
  }
  // By the device's own count.
  [[nodiscard]] std::uint64_t received() const {
    const int ifindex = netns_.ifindex("near0");
    const Inside guard(netns_);
    return netlink::device_counters(ifindex).value().carried.rx_packets.value;
  }

 private:
  Netns netns_;
};

std::string name_of(const std::string& label) {
  return "cgt-" + std::to_string(getpid()) + "-" + label;
}

Words record_private(const Words& more) {
  Words words{CGTALLY_BINARY, "record", "--private", "--interval", "100ms"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Traffic deltas_of(const std::string& csv, const std::string& iface) {
  Traffic all;
  for (const auto& sample : samples_of(csv)) {
    if (sample.iface == iface) all += sample.delta;
  }
  return all;
}

std::string end(Running& program) {
  program.signal(SIGINT);
  const auto finished = program.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return finished.out;
}

class NetnsLives : public testing::TestWithParam<HookChoice> {
 protected:
  static void on_kernel(const std::function<void()>& body) {
    GetParam() == HookChoice::clsact ? without_tcx(body) : in_own_thread(body);
  }
};

TEST_P(NetnsLives, OfOneNameSumUpInAPrivateRun) {
  on_kernel([] {
    std::optional<GuestNetns> guest(std::in_place, "guest");
    Running counting(record_private({"--netns", name_of("guest"), "-i", "near0"}));
    await_words(counting, "counting near0");
    std::uint64_t received = 0;
    for (int life = 1; life <= kNetnsLives; ++life) {
      if (life > 1) guest.emplace("guest");
      await_count(counting, "near0 has come: counting it", life - 1);
      guest->send(10 * life);
      received += guest->received();
      guest.reset();
      await_count(counting, "has gone: its totals stay, and it is waited for", life);
    }
    EXPECT_EQ(received, 60U);
    const Traffic counted = deltas_of(end(counting), "near0");
    EXPECT_EQ(counted.rx_packets.value, received);
    EXPECT_EQ(counted.rx_bytes.value, received * kFrame);
  });
}

TEST_P(NetnsLives, SumUpForAReaderOfTheLedgerAndStatusSaysWhatIsWaitedFor) {
  on_kernel([] {
    const Bpffs bpffs;
    std::optional<GuestNetns> guest(std::in_place, "guest");
    const auto keeper = start_keeper(on_ledger(
        kOld, bpffs, {"up", "--keep", "--netns", name_of("guest"), "-i", "near0", "-i", "eth9*"}));
    const auto status = [&bpffs] { return run(on_ledger(kOld, bpffs, {"status"})); };
    EXPECT_TRUE(has_line_like(status(), "waits for interface eth9*")) << status();
    Running reader(
        on_ledger(kOld, bpffs, {"record", "--interval", "100ms", "--netns", name_of("guest")}));
    await_words(reader, "(the pinned ledger)");
    std::uint64_t received = 0;
    for (int life = 1; life <= kNetnsLives; ++life) {
      if (life > 1) guest.emplace("guest");
      await_count(*keeper, "near0 has come: counting it", life - 1);
      guest->send(10 * life);
      received += guest->received();
      guest.reset();
      await_count(*keeper, "has gone: its totals stay, and it is waited for", life);
      const std::string said = status();
      EXPECT_TRUE(has_line_like(
          said, "waits for netns " + name_of("guest") + ", interface near0, interface eth9*"))
          << said;
    }
    const Traffic counted = deltas_of(end(reader), "near0");
    EXPECT_EQ(counted.rx_packets.value, received);
    EXPECT_EQ(counted.rx_bytes.value, received * kFrame);
    EXPECT_EQ(booked(bpffs).rx_packets.value, received);
    // A reader that starts while it is away waits for it, too.
    Running later(
        on_ledger(kOld, bpffs, {"record", "--interval", "100ms", "--netns", name_of("guest")}));
    await_words(later, "(the pinned ledger)");
    guest.emplace("guest");
    await_count(*keeper, "near0 has come: counting it", kNetnsLives);
    guest->send(7);
    EXPECT_EQ(deltas_of(end(later), "near0").rx_packets.value, 7U);
    run(on_ledger(kOld, bpffs, {"down", "--forget"}));
  });
}

TEST_P(NetnsLives, OfAGlobAreThoseThatComeLater) {
  on_kernel([] {
    Running counting(record_private({"--netns", name_of("guest") + "*", "-i", "near0"}));
    await_words(counting, "no interface matches yet: waiting for one to come");
    await_words(counting, "counting nothing yet");
    const GuestNetns first("guest1"), second("guest2"), other("other");
    await_count(counting, "near0 has come: counting it", 2);
    first.send(5);
    second.send(7);
    other.send(11);
    const std::string csv = end(counting);
    EXPECT_EQ(sum_of_deltas(csv).rx_packets.value, 12U) << csv;
  });
}

INSTANTIATE_TEST_SUITE_P(Hooks, NetnsLives, testing::Values(HookChoice::newest, HookChoice::clsact),
                         hook_name);

TEST(ANetnsOfAProcess, IsCountedWithAllUntilTheLastProcessHasLeftIt) {
  Running counting(record_private({"--netns", "all", "-i", "nearP"}));
  await_words(counting, "counting nothing yet");
  Running process({"unshare", "-n", "sh", "-c",
                   "ip link add nearP type veth peer name farP; ip link set nearP up; "
                   "ip link set farP up; exec sleep 60"});
  await_words(counting, "nearP has come: counting it");
  const std::string pid = std::to_string(process.pid());
  EXPECT_NE(counting.said().find("netns " + pid + " has come"), std::string::npos)
      << counting.said();
  process.signal(SIGKILL);
  (void)process.wait();
  await_words(counting, "netns " + pid + " has gone: its totals stay");
  (void)end(counting);
}

TEST(ANetnsOfAProcess, IsNotWaitedForWhenTheProcessHasEnded) {
  Running process(
      {"unshare", "-n", "sh", "-c", "ip link add nearP type veth peer name farP; exec sleep 60"});
  const std::string pid = std::to_string(process.pid());
  const auto is_there = [&] {
    return finish({"nsenter", "--target", pid, "--net", "ip", "link", "show", "nearP"}).exit_code ==
           0;
  };
  ASSERT_TRUE(comes_true_within(10s, is_there));
  Running counting(record_private({"--netns", pid, "-i", "nearP"}));
  await_words(counting, "counting nearP");
  process.signal(SIGKILL);
  (void)process.wait();
  await_words(counting, "netns " + pid +
                            " has gone: its totals stay; a process does not come "
                            "back, so it is not waited for");
  std::this_thread::sleep_for(1500ms);  // said once
  EXPECT_EQ(count_of(counting.said(), "has gone"), 1) << counting.said();
  (void)end(counting);
}

// Its uplink or default route comes a moment after a netns.
TEST(ANetnsThatComesLater, IsCountedByItsDefaultRouteOnceItHasOne) {
  Running counting(record_private({"--netns", name_of("guest") + "*"}));
  await_words(counting, "counting nothing yet");
  const GuestNetns guest("guest");
  await_words(counting, "netns " + guest.netns().name() + " has come");
  guest.netns().ip("addr add 10.78.0.1/24 dev near0\nroute add default via 10.78.0.2\n");
  await_words(counting, "near0 has come: counting it");
  guest.send(9);
  // The route makes nobody send: the frames are all that there is.
  EXPECT_EQ(deltas_of(end(counting), "near0").rx_packets.value, 9U);
}

}  // namespace
}  // namespace cgtally::harness
