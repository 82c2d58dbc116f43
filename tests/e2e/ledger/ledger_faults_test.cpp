// SPDX-License-Identifier: Apache-2.0
// Faults around a pinned ledger: each gives one sentence with a hint and an exit code, nothing is
// half attached, and nothing new lies in the BPF file system. What was there before stays.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "adapters/bpf/ledger/pins.h"
#include "e2e/ledger/ledger_scene.h"
#include "e2e/scene.h"
#include "harness/host/hooks.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

class LedgerFaultsTest : public LedgerTest {
 protected:
  void expect_says(const Finished& finished, int exit_code, const std::string& says) const {
    EXPECT_EQ(finished.exit_code, exit_code) << finished.err;
    EXPECT_TRUE(looks_like(finished.err, says)) << "it says:\n"
                                                << finished.err << "and should say:\n"
                                                << says;
    EXPECT_EQ(finished.out, "");
  }
  void pin_foreign_map(const std::string& name) const {
    run({"bpftool", "map", "create", ledger() + "/" + name, "type", "array", "key", "4", "value",
         "8", "entries", "1", "name", "foreign"});
  }
  [[nodiscard]] std::string ledger() const { return ledger_below(bpffs.path()); }
  // In surroundings that `before` makes for it and for nobody else.
  [[nodiscard]] Finished finish_where(const std::function<void()>& before, const Words& words) {
    Finished finished;
    in_own_thread([&] {
      before();
      finished = finish(words);
    });
    return finished;
  }
};

// Those that are the same with any hook.
class LedgerRefusalsTest : public LedgerFaultsTest {};

TEST_P(LedgerRefusalsTest, ADirectoryThatIsNoBpffs) {
  const std::string plain = std::filesystem::temp_directory_path();
  for (const Words& command : {Words{"up", "--keep", "-i", "lo"}, Words{"down"}}) {
    auto words = command;
    words.insert(words.begin(), kOld);
    words.insert(words.end(), {"--bpffs", plain});
    expect_says(finish(words), 3,
                "cgtally: " + plain +
                    " is not a BPF file system\n  mount it: mount -t bpf -o mode=0700 bpf " +
                    plain + "\n");
  }
  EXPECT_FALSE(std::filesystem::exists(plain + "/cgtally"));
}

TEST_P(LedgerRefusalsTest, ABpffsThatIsReadOnly) {
  bpffs.remount("ro");
  expect_says(finish(up()), 1,
              "cgtally: make " + bpffs.path() +
                  "/cgtally: Read-only file system\n"
                  "  make it writable: mount -o remount,rw " +
                  bpffs.path() + "\n");
  expect_nothing_left();
  bpffs.remount("rw");
  start_keeper(up()).reset();
  bpffs.remount("ro");
  for (const Words& command : {up(), down(), down({"--forget"})}) {
    expect_says(finish(command), 1,
                "cgtally: open *: Read-only file system\n  make it writable: mount -o remount,rw " +
                    bpffs.path() + "\n");
  }
  bpffs.remount("rw");
  const auto keeper = start_keeper(up());
  stream.once();
  expect_exact();
}

TEST_P(LedgerRefusalsTest, ALedgerOfANewerAbi) {
  Running keeper(up(kNext));
  await_words(keeper, "the keeper runs");
  const auto before = bpffs.entries();
  const auto ours = std::to_string(bpf::kAbiVersion);
  const auto newer = std::to_string(bpf::kAbiVersion + 1);
  const auto what = "cgtally: a ledger of ABI " + newer + " is there, this cgtally has ABI " + ours;
  for (const Words& command : {up(), up(kOld, {"--migrate"})}) {
    expect_says(finish(command), 1,
                what +
                    "\n"
                    "  use the cgtally that made it\n");
  }
  expect_says(
      finish(down()), 1,
      what +
          "\n"
          "  use the cgtally that made it; or, without its totals: cgtally down --forget\n");
  EXPECT_EQ(bpffs.entries(), before);
  EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U);
  expect_says(finish(down({"--forget"})), 0, "cgtally: the ledger is down and forgotten\n");
  EXPECT_EQ(keeper.wait().exit_code, 0);
  expect_nothing_left();
}

TEST_P(LedgerFaultsTest, AForeignMapUnderOneOfOurNames) {
  on_kernel([&] {
    start_keeper(up()).reset();
    std::filesystem::remove(ledger() + "/cells");
    pin_foreign_map("cells");
    for (const Words& command : {up(), down()}) {
      expect_says(finish(command), 1,
                  "cgtally: " + ledger() +
                      "/cells is not what a ledger has there\n"
                      "  remove the ledger and begin again: cgtally down --forget\n");
      EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U);
    }
    forget_without_a_trace();
  });
}

TEST_P(LedgerFaultsTest, AFileThatIsNotOursAmongThePinsStays) {
  on_kernel([&] {
    Running keeper(up());
    await_words(keeper, "the keeper runs");
    pin_foreign_map("notes");
    expect_says(finish(down({"--forget"})), 1,
                "cgtally: " + ledger() + "/notes is not ours and stays\n  if nobody needs it: rm " +
                    ledger() + "/notes\n");
    EXPECT_EQ(keeper.wait().exit_code, 0);
    expect_nothing_attached();
    const std::string directory = "cgtally/v" + std::to_string(bpf::kAbiVersion);
    const Words left{"cgtally", directory, directory + "/notes"};
    EXPECT_EQ(bpffs.entries(), left);
    expect_says(finish(up()), 1, "cgtally: put the ledger at " + ledger() + ": *\n  look what *\n");
    expect_nothing_attached();
    EXPECT_EQ(bpffs.entries(), left);
  });
}

TEST_P(LedgerRefusalsTest, TwoKeepersAtOnce) {
  const auto keeper = start_keeper(up());
  expect_says(finish(up()), 1,
              "cgtally: the ledger has a keeper already, process " + std::to_string(keeper->pid()) +
                  "\n  look at it: cgtally status; or end it: cgtally down\n");
  stream.once();
  expect_exact();
}

TEST_P(LedgerRefusalsTest, AKeeperThatDoesNotAnswer) {
  const auto keeper = start_keeper(up());
  keeper->signal(SIGSTOP);
  const auto pid = std::to_string(keeper->pid());
  expect_says(
      finish(down()), 1,
      "cgtally: the keeper, process " + pid + ", does not answer\n  end it: kill -9 " + pid + "\n");
  keeper->signal(SIGCONT);
  stream.once();
  expect_exact();
}

TEST_P(LedgerRefusalsTest, NoMemoryForTheLedger) {
  auto words = up();
  const Words limit{"prlimit", "--as=100000000"};
  words.insert(words.begin(), limit.begin(), limit.end());
  *std::ranges::find(words, "64") = "1000000";
  expect_says(finish(words), 1,
              "cgtally: map the ledger: Cannot allocate memory\n  choose fewer --slots\n");
  expect_nothing_left();
}

TEST_P(LedgerRefusalsTest, AnInterfaceThatDoesNotExist) {
  auto words = up();
  *std::ranges::find(words, "cgt0") = "nope0";
  expect_says(finish(words), 2, "cgtally: there is no interface nope0\n  there are: *\n");
  expect_nothing_left();
}

TEST_P(LedgerRefusalsTest, NoPrivilegeToBringItUp) {
  const auto here = on_ledger(kOld, bpffs, {"up", "--keep", "-i", "cgt0"});
  const auto finished = finish_where(
      [&] {
        move_to(wire.host());
        limit_root_to({CAP_BPF, CAP_PERFMON});
      },
      here);
  expect_says(finished, 3,
              "cgtally: attach to cgt0: load the tc programs: Operation not permitted*\n"
              "  see what is missing: cgtally doctor\n"
              "  missing: privileges: CAP_NET_ADMIN not granted\n*\n");
  expect_nothing_left();
}

TEST_P(LedgerRefusalsTest, NobodyIsToldThatHeMayNotTakeItDown) {
  const auto keeper = start_keeper(up());
  const sys::Fd binary(open(kOld, O_RDONLY | O_CLOEXEC));
  auto words = down({"--forget"});
  words.front() = "/proc/self/fd/" + std::to_string(binary.get());
  expect_says(finish_where([] { become_nobody(); }, words), 3,
              "cgtally: look into " + bpffs.path() +
                  ": Permission denied\n  run cgtally as root: sudo cgtally ...\n");
  stream.once();
  expect_exact();
}

INSTANTIATE_TEST_SUITE_P(AnyHook, LedgerRefusalsTest, testing::Values(HookChoice::newest),
                         hook_name);
INSTANTIATE_TEST_SUITE_P(Hooks, LedgerFaultsTest,
                         testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
