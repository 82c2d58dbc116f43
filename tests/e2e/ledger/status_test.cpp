// SPDX-License-Identifier: Apache-2.0
// The pinned ledger as `status` shows it. And a program that ends the chain, redirects or drops
// before ours is named within ten seconds by the keeper, by readers and by `status`.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "e2e/scene.h"
#include "harness/host/cgroup.h"
#include "harness/host/hooks.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

class StatusTest : public testing::Test {
 protected:
  StatusTest() {
    std::filesystem::create_directory(bpffs_);
    require(mount("cgt", bpffs_.c_str(), "bpf", 0, nullptr) == 0, "mount a bpffs");
  }
  ~StatusTest() override {
    keeper_.reset();
    (void)call({"down", "--forget"});
    umount2(bpffs_.c_str(), MNT_DETACH);
  }

  [[nodiscard]] Words command(const Words& words) const {
    Words all{CGTALLY_BINARY};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--bpffs", bpffs_});
    return all;
  }
  [[nodiscard]] Finished call(const Words& words) const { return finish(command(words)); }
  [[nodiscard]] Words here(Words words) const {
    words.insert(words.end(), {"-i", "cgt0", "--netns", scene_.netns().name()});
    return command(words);
  }
  void start_keeper() {
    keeper_ = std::make_unique<Running>(here({"up", "--keep"}));
    await(*keeper_, "the keeper runs", 60s);
  }
  [[nodiscard]] std::string status() const {
    const Finished finished = call({"status"});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }
  // Frames run both ways meanwhile. A busy machine has as much longer as it is late with our turns.
  void await(const Running& program, const std::string& words, std::chrono::seconds most) const {
    std::chrono::milliseconds waited{};
    for (; program.said().find(words) == std::string::npos; waited += 50ms) {
      if (waited > most) {
        ADD_FAILURE() << "within " << most.count() << " s it does not say: " << words
                      << "\nbut: " << program.said();
        return;
      }
      send(10);
      std::this_thread::sleep_for(50ms);
    }
  }
  void send(int frames) const {
    for (int i = 0; i < frames; ++i) {
      near_.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(1000)));
      far_.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(1000)));
    }
  }
  // What `status` says while frames run.
  [[nodiscard]] std::string status_under_traffic() const {
    std::jthread traffic([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        send(10);
        std::this_thread::sleep_for(20ms);
      }
    });
    return status();
  }

  Scene scene_;
  std::string bpffs_ = scene_.directory() + "/bpffs";
  PacketSocket near_{scene_.netns(), "cgt0"};
  PacketSocket far_{scene_.netns(), "cgt1"};
  std::unique_ptr<Running> keeper_;
};

std::string program(const std::string& kind, const std::string& name, std::uint32_t id) {
  return "the " + kind + " \"" + name + "\" (" + "id " + std::to_string(id) + ")";
}

TEST_F(StatusTest, WhereNoLedgerIsItSaysWhatCouldBeDone) {
  EXPECT_TRUE(looks_like(status(), "ledger    no ledger is up at " + ledger_below(bpffs_) +
                                       "\n"
                                       "          cgtally up pins one, *\n"
                                       "          live and record count without one, *\n"));
}

TEST_F(StatusTest, AKeptLedgerIsWholeAndTellsItsCost) {
  start_keeper();
  const std::string text = status_under_traffic();
  for (const std::string& line :
       Words{"ledger    up; its totals begin at *", "keeper    process *, last active * ago",
             "slots     * of 4 096 used", "memory    *, of it * for windows",
             "cost      * ns per packet or super-packet, * of a CPU: measured on*",
             "cgt0  tcx, totals since *", "  rx * 100 %   100 %   0.0 %  nobody",
             "  tx * 100 %   100 %   100 %  nobody", "  queue noqueue: *"}) {
    EXPECT_TRUE(has_line_like(text, line)) << line << "\nis not in\n" << text;
  }
  EXPECT_EQ(text.find("BLIND"), std::string::npos) << text;
}

TEST_F(StatusTest, WithoutAKeeperItCountsOnAndSaysWhatIsMissing) {
  start_keeper();
  keeper_->signal(SIGKILL);
  (void)keeper_->wait();
  {
    // Sends one datagram, and ends.
    scene_.netns().ip(
        "addr add 10.77.9.1/24 dev cgt0\n"
        "neigh add 10.77.9.2 lladdr 02:00:00:00:00:99 dev cgt0\n");
    EXPECT_TRUE(has_line_like(status(), "*not getting full: no account has ended*"));
    Cgroup short_lived("status");
    send_datagrams(short_lived.socket(scene_.netns(), AF_INET, SOCK_DGRAM), at("10.77.9.2", 9), 1,
                   100);
    short_lived.remove();
  }
  std::string text = status();
  EXPECT_TRUE(has_line_like(text, "keeper    none; the last one was active * ago")) << text;
  EXPECT_TRUE(has_line_like(text, "slots     * used, 1 by accounts that have ended")) << text;
  EXPECT_TRUE(has_line_like(text, "*full in about *, at the rate since a keeper was last active"))
      << text;
  EXPECT_TRUE(has_line_like(text, "cost      not known: no packet was counted in 1.0* s")) << text;
  EXPECT_TRUE(has_line_like(text, "  rx *  nobody")) << text;

  ASSERT_EQ(call({"down"}).exit_code, 0);
  text = status();
  EXPECT_TRUE(has_line_like(text, "ledger    down: nothing is counted; *")) << text;
  EXPECT_TRUE(has_line_like(text, "cgt0  not counted now, *")) << text;
}

TEST_F(StatusTest, AHookThatIsLostWhileNobodyKeepsItIsSeen) {
  start_keeper();
  keeper_->signal(SIGKILL);
  (void)keeper_->wait();
  for (const char* direction : {"ingress", "egress"}) {
    run({"bpftool", "link", "detach", "pinned", ledger_below(bpffs_) + "/1-" + direction});
  }
  const std::string text = status_under_traffic();
  EXPECT_TRUE(has_line_like(text, "  rx *  OUR PROGRAM IS NOT THERE")) << text;
  EXPECT_TRUE(has_line_like(text, "  BLIND cgt0 tx: only 0 % *: our program is not attached"))
      << text;
}

TEST_F(StatusTest, WhoMayNotLookHearsWhatItNeeds) {
  start_keeper();
  Finished finished;
  in_own_thread([&] {
    become_nobody();
    scene_.start({"status", "--bpffs", bpffs_});
    finished = scene_.wait();
  });
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_TRUE(looks_like(finished.err,
                         "cgtally: look into *: Permission denied\n"
                         "  run cgtally as root: sudo cgtally ...\n"))
      << finished.err;
}

TEST_F(StatusTest, AnEarlierProgramThatEndsTheChainIsNamedByAll) {
  start_keeper();
  const Running live(here({"live"}));
  const Running record(here({"record", "--private"}));
  await(live, "counting", 60s);
  await(record, "counting", 60s);
  std::string name;
  {
    ForeignProgram ending(ForeignProgram::kPass, "ending");
    ending.attach_tcx(scene_.netns(), "cgt0", HookDirection::ingress, true);
    name = program("tcx program", "ending", ending.id());
    for (const Running* reader : {&std::as_const(*keeper_), &live, &record}) {
      await(*reader, "of what the device counted came by here: " + name, 10s);
    }
    const std::string text = status_under_traffic();
    EXPECT_TRUE(has_line_like(text, "  BLIND cgt0 rx: only 0 % *: " + name + "*")) << text;
    EXPECT_TRUE(has_line_like(text, "  rx *  0.0 %   0.0 %  " + name)) << text;
  }
  await(*keeper_, "of what the device counts comes by here again", 15s);
  EXPECT_EQ(keeper_->said().find("cgt0 tx"), std::string::npos) << keeper_->said();
}

TEST_F(StatusTest, AnEarlierProgramThatRedirectsIsNamed) {
  start_keeper();
  auto taking = ForeignProgram::redirecting_to(1, "taking");  // lo
  taking.attach_tcx(scene_.netns(), "cgt0", HookDirection::egress, true);
  const std::string name = program("tcx program", "taking", taking.id());
  // What is redirected away on its way out is in no counter of this device: there the name alone
  // tells.
  EXPECT_TRUE(has_line_like(status(), "  tx *  " + name));
  auto stealing = ForeignProgram::redirecting_to(1, "stealing");
  stealing.attach_tcx(scene_.netns(), "cgt0", HookDirection::ingress, true);
  await(*keeper_, program("tcx program", "stealing", stealing.id()) + " runs before ours", 10s);
}

TEST_F(StatusTest, AnXdpProgramThatDropsIsNamed) {
  start_keeper();
  const XdpDropper dropping(scene_.netns(), "cgt0", "dropping");
  await(*keeper_, program("XDP program", "dropping", dropping.id()) + " runs before ours", 10s);
}

TEST_F(StatusTest, AFilterBeforeOursIsNamedOnAKernelWithoutTcx) {
  const ForeignProgram ending(ForeignProgram::kPass, "ending");
  ending.attach_narrow_filter(scene_.netns(), "cgt0", HookDirection::ingress, "0x88b5");
  without_tcx([&] { start_keeper(); });
  const std::string name =
      "the tc filter \"ending\" (pref 1, id " + std::to_string(ending.id()) + ")";
  await(*keeper_, name + " runs before ours", 10s);
  const std::string text = status_under_traffic();
  EXPECT_TRUE(has_line_like(text, "cgt0  clsact filter, totals since *")) << text;
  EXPECT_TRUE(has_line_like(text, "  rx *  " + name)) << text;
  EXPECT_TRUE(has_line_like(text, "  tx *  nobody")) << text;
}

TEST_F(StatusTest, FiltersThatAKilledRunHasLeftAreNamedAndDownRemovesThem) {
  in_own_thread([&] {
    move_to(scene_.netns());
    without_tcx([&] { scene_.start({"record", "-i", "cgt0", "--csv", "DIR/samples.csv"}); });
    scene_.await_words("counting");
    EXPECT_EQ(status().find("leftover"), std::string::npos) << "its owner lives";
    scene_.signal(SIGKILL);
    (void)scene_.wait();
    const std::string text = status();
    EXPECT_TRUE(has_line_like(text, "leftover  a killed cgtally left a filter: cgt0 ingress (*)"))
        << text;
    EXPECT_TRUE(has_line_like(text, "leftover  a killed cgtally left a filter: cgt0 egress (*)"));
    ASSERT_EQ(call({"down"}).exit_code, 0);
    EXPECT_EQ(status().find("leftover"), std::string::npos);
  });
}

}  // namespace
}  // namespace cgtally::harness
