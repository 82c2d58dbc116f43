// SPDX-License-Identifier: Apache-2.0
// The set of capabilities that docs/containers.md, the unit and the DaemonSet name suffices for
// everything, each of it is needed, and what goes missing without one of them is said.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "core/health/deployment.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/lateness.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class CapabilitiesTest : public LedgerTest {
 protected:
  // All of the set but those in `without`.
  [[nodiscard]] static Words granted(const std::vector<std::string_view>& without = {}) {
    std::string set = "-all";
    for (const Capability& one : needed_capabilities()) {
      if (std::ranges::find(without, one.name) == without.end()) {
        set += fmt::format(",+{}", one.name);
      }
    }
    std::ranges::transform(set, set.begin(), [](unsigned char c) { return std::tolower(c); });
    return {"setpriv", "--bounding-set=" + set, "--inh-caps=-all"};
  }
  // In the host's netns from the start, because to enter it is a capability of its own.
  [[nodiscard]] Words in_host(const Words& privileges, const Words& words) const {
    Words argv{"nsenter", "--net=" + wire.host().path()};
    argv.insert(argv.end(), privileges.begin(), privileges.end());
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  [[nodiscard]] Words keep(const Words& privileges) const {
    return in_host(privileges,
                   on_ledger(kOld, bpffs, {"up", "--keep", "-i", "cgt0", "--slots", "64"}));
  }
  [[nodiscard]] Finished finish_with(const Words& privileges, const Words& words) const {
    return finish(in_host(privileges, words));
  }
  void expect_counts_exactly(const Words& privileges) {
    const auto keeper = start_keeper(keep(privileges));
    stream.run();
    std::this_thread::sleep_for(300ms);
    stream.pause();
    expect_exact();
    const auto record = finish_with(
        privileges, on_ledger(kOld, bpffs, {"record", "--once", "--interval", "100ms"}));
    EXPECT_EQ(record.exit_code, 0) << record.err;
    EXPECT_NE(record.err.find("(the pinned ledger)"), std::string::npos) << record.err;
    for (const char* command : {"status", "totals"}) {
      const auto finished = finish_with(privileges, on_ledger(kOld, bpffs, {command}));
      EXPECT_EQ(finished.exit_code, 0) << command << finished.err;
    }
    keeper->signal(SIGTERM);
    EXPECT_EQ(keeper->wait().exit_code, 0);
    const auto down = finish_with(privileges, on_ledger(kOld, bpffs, {"down"}));
    EXPECT_EQ(down.exit_code, 0) << down.err;
  }
};

TEST_P(CapabilitiesTest, TheWholeSetCountsExactlyAndDoctorMissesNothing) {
  on_kernel([&] {
    expect_counts_exactly(granted());
    const auto doctor = finish_with(granted(), {kOld, "doctor"});
    EXPECT_EQ(doctor.exit_code, 0) << doctor.out;
    EXPECT_EQ(doctor.out.find("not granted"), std::string::npos) << doctor.out;
  });
}

TEST_P(CapabilitiesTest, WithoutARequiredOneNothingStartsAndItIsNamed) {
  on_kernel([&] {
    for (const Capability& one : needed_capabilities()) {
      if (!one.required) continue;
      // SYS_ADMIN contains some of them.
      const auto finished = finish(keep(granted({one.name, "SYS_ADMIN"})));
      EXPECT_EQ(finished.exit_code, 3) << one.name << finished.err;
      EXPECT_NE(finished.err.find(fmt::format("CAP_{}", one.name)), std::string::npos)
          << finished.err;
    }
  });
}

TEST_P(CapabilitiesTest, WithoutAnotherOneTheHostsTrafficIsExactAndDoctorSaysWhatIsLost) {
  on_kernel([&] {
    for (const Capability& one : needed_capabilities()) {
      if (one.required) continue;
      expect_counts_exactly(granted({one.name}));
      const auto doctor = finish_with(granted({one.name}), {kOld, "doctor"});
      EXPECT_EQ(doctor.exit_code, 0) << doctor.out;
      EXPECT_NE(doctor.out.find(fmt::format("CAP_{} not granted: {}", one.name, one.cost)),
                std::string::npos)
          << doctor.out;
    }
  });
}

TEST_P(CapabilitiesTest, AnotherNetnsIsEnteredByNameWithOneAndByProcessWithTwo) {
  on_kernel([&] {
    const Running sleeper({"unshare", "--net", "sleep", "60"});
    const std::string process = std::to_string(sleeper.pid());
    const auto netns_of = [](const std::string& of) {
      return std::filesystem::read_symlink("/proc/" + of + "/ns/net");
    };
    ASSERT_TRUE(comes_true_within(10s, [&] { return netns_of(process) != netns_of("self"); }));
    const auto record_in = [&](const Words& privileges, const std::string& netns) {
      return finish_with(privileges, {kOld, "record", "--once", "--interval", "100ms", "-i", "lo",
                                      "--netns", netns});
    };
    EXPECT_EQ(record_in(granted(), wire.remote().name()).exit_code, 0);
    EXPECT_EQ(record_in(granted(), process).exit_code, 0);
    const auto no_admin = record_in(granted({"SYS_ADMIN"}), wire.remote().name());
    EXPECT_EQ(no_admin.exit_code, 3) << no_admin.err;
    EXPECT_NE(no_admin.err.find("CAP_SYS_ADMIN"), std::string::npos) << no_admin.err;
    const auto no_ptrace = record_in(granted({"SYS_PTRACE"}), process);
    EXPECT_EQ(no_ptrace.exit_code, 3) << no_ptrace.err;
    EXPECT_NE(no_ptrace.err.find("CAP_SYS_PTRACE"), std::string::npos) << no_ptrace.err;
  });
}

INSTANTIATE_TEST_SUITE_P(By, CapabilitiesTest,
                         ::testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
