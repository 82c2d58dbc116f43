// SPDX-License-Identifier: Apache-2.0
// `cgtally selftest` as a process: it passes here, it fails where something is truly wrong, it
// needs nothing and leaves nothing, however it ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "harness/host/cgroup.h"
#include "harness/host/command.h"
#include "harness/host/hooks.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"
#include "harness/ledger/pinned.h"

namespace cgtally::harness {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Cgroups of self-tests, killed ones too.
std::set<std::string> selftest_cgroups() {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(cgroup2_root())) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("cgtally-selftest-")) found.insert(name);
  }
  return found;
}

// Running processes that have this binary, but for the one given.
std::vector<std::string> other_processes(pid_t but) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    std::error_code gone;
    const auto program = fs::read_symlink(entry.path() / "exe", gone);
    if (gone || program != CGTALLY_BINARY || name == std::to_string(but)) continue;
    // Other tests may run the program at the same time.
    std::ifstream command(entry.path() / "cmdline");
    const std::string words(std::istreambuf_iterator<char>(command), {});
    if (words.find("selftest") != std::string::npos) found.push_back(name);
  }
  return found;
}

bool within_seconds(int seconds, const std::function<bool()>& holds) {
  for (int i = 0; i < seconds * 100; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

class SelftestRun {
 public:
  explicit SelftestRun(std::vector<std::string> words = {"selftest"})
      : out_(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)),
        program_((words.insert(words.begin(), CGTALLY_BINARY), words), out_) {}

  [[nodiscard]] std::string out() const {
    std::string text(1 << 20, '\0');
    const auto got = pread(out_.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  void await(const std::string& words) const {
    require(within_seconds(60, [&] { return out().find(words) != std::string::npos; }), words);
  }
  [[nodiscard]] Running& program() { return program_; }

 private:
  sys::Fd out_;
  Running program_;
};

// Lines whose first word is that.
int lines_with(const std::string& text, const std::string& first) {
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line);) count += line.starts_with(first + " ") ? 1 : 0;
  return count;
}

TEST(Selftest, EveryCheckIsOkHere) {
  const auto report = "/tmp/cgt-" + std::to_string(getpid()) + "-report";
  SelftestRun run({"selftest", "--report", report});
  const auto finished = run.program().wait();
  EXPECT_EQ(finished.exit_code, 0) << run.out() << finished.err;
  EXPECT_EQ(lines_with(run.out(), "ok"), 10) << run.out();
  EXPECT_EQ(selftest_cgroups(), std::set<std::string>{});

  std::ostringstream text;
  text << std::ifstream(report).rdbuf();
  fs::remove(report);
  EXPECT_EQ(lines_with(text.str(), "ok"), 10);
  for (const auto* part : {"version ", "kernel ", "distribution ", "cpus ", "hook ", "btf "}) {
    EXPECT_NE(text.str().find(part), std::string::npos) << part << text.str();
  }
  std::array<char, 256> host{};
  ASSERT_EQ(gethostname(host.data(), host.size() - 1), 0);
  EXPECT_EQ(text.str().find(std::string(" ") + host.data() + " "), std::string::npos) << text.str();
}

// Another's program before ours lets packets pass, but not on to ours: all arrives, and less is
// counted than the interface has received.
TEST(Selftest, FailsIfAnotherProgramHidesPacketsFromOurs) {
  SelftestRun run;
  ForeignProgram thief(ForeignProgram::kPass, "thief", 400);
  run.await("ok       udp");
  in_own_thread([&] {
    const auto path = "/proc/" + std::to_string(run.program().pid()) + "/ns/net";
    const sys::Fd netns(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    require(netns && setns(netns.get(), CLONE_NEWNET) == 0, path);
    thief.attach_tcx_here("cgs0", HookDirection::ingress, true);
  });
  const auto finished = run.program().wait();
  EXPECT_EQ(finished.exit_code, 1) << run.out() << finished.err;
  const auto out = run.out();
  EXPECT_GT(thief.packets(), 100U);
  EXPECT_NE(out.find("FAILED   ipv6           received: expected "), std::string::npos) << out;
  EXPECT_NE(out.find("FAILED   attribution    received: expected "), std::string::npos) << out;
  EXPECT_EQ(out.find(" sent: expected"), std::string::npos) << "only what is received is hidden";
  EXPECT_NE(out.find("A check failed. Please report it"), std::string::npos) << out;
  EXPECT_EQ(selftest_cgroups(), std::set<std::string>{});
}

TEST(Selftest, LeavesNothingWhenItIsInterrupted) {
  for (const int number : {SIGINT, SIGTERM}) {
    SelftestRun run;
    run.await("ok       udp");
    EXPECT_EQ(selftest_cgroups().size(), 1U);
    run.program().signal(number);
    const auto finished = run.program().wait();
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_NE(finished.err.find("interrupted: what the test had made is removed"),
              std::string::npos)
        << finished.err;
    EXPECT_EQ(selftest_cgroups(), std::set<std::string>{});
    EXPECT_EQ(other_processes(run.program().pid()), std::vector<std::string>{});
  }
}

TEST(Selftest, RemovesWhatAKilledOneHasLeft) {
  SelftestRun killed;
  killed.await("ok       udp");
  const auto left = selftest_cgroups();
  ASSERT_EQ(left.size(), 1U);
  killed.program().signal(SIGKILL);
  EXPECT_EQ(killed.program().wait().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(within_seconds(10, [] { return other_processes(0).empty(); }))
      << "its processes end with it";
  EXPECT_EQ(selftest_cgroups(), left) << "nobody was there to remove them";

  SelftestRun next;
  const auto finished = next.program().wait();
  EXPECT_EQ(finished.exit_code, 0) << next.out() << finished.err;
  EXPECT_NE(finished.err.find("removed the cgroups that 1 killed selftest had left"),
            std::string::npos)
      << finished.err;
  EXPECT_EQ(selftest_cgroups(), std::set<std::string>{});
}

TEST(Selftest, LeavesARunningLedgerAlone) {
  const Wire wire;
  const Bpffs bpffs;
  const auto keeper = inside(wire.host(), [&] {
    return start_keeper(on_ledger(CGTALLY_BINARY, bpffs, {"up", "--keep", "-i", "cgt0"}));
  });
  const auto entries = bpffs.entries();
  const auto counted = booked(bpffs);
  SelftestRun run({"selftest", "--json"});
  const auto finished = run.program().wait();
  EXPECT_EQ(finished.exit_code, 0) << run.out() << finished.err;
  EXPECT_NE(run.out().find(R"("ok":true)"), std::string::npos) << run.out();
  EXPECT_EQ(bpffs.entries(), entries);
  EXPECT_EQ(booked(bpffs), counted);
  EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U) << "the keeper's own programs";
}

TEST(Selftest, SaysWhatIsMissingWithoutPrivileges) {
  Finished finished;
  in_own_thread([&] {
    become_nobody();
    finished = finish({CGTALLY_BINARY, "selftest"});
  });
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.out, "");
  EXPECT_NE(finished.err.find("load a BPF program: Operation not permitted"), std::string::npos)
      << finished.err;
  EXPECT_EQ(selftest_cgroups(), std::set<std::string>{});
}

}  // namespace
}  // namespace cgtally::harness
