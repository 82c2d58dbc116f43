// SPDX-License-Identifier: Apache-2.0
// A BPF file system that is mounted by hand lets everybody make directories in it. Whoever made
// that of the ledger first could later rename the ledger away: nothing is pinned in it or read from
// it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "e2e/ledger/ledger_scene.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

constexpr auto kMount = "/sys/fs/bpf";
constexpr auto kLedger = "/sys/fs/bpf/cgtally";

class LedgerTrust : public testing::Test {
 protected:
  // With a BPF file system of its own, as a mount without a mode makes it.
  static void on_own_bpffs(const std::function<void()>& body) {
    in_own_thread([&] {
      own_mounts();
      require(mount("bpf", kMount, "bpf", 0, nullptr) == 0, "mount a BPF file system");
      body();
    });
  }
  static void as_nobody(const Words& words) {
    Words argv{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
    argv.insert(argv.end(), words.begin(), words.end());
    run(argv);
  }
  // A keeper that is not refused does not end by itself.
  static Finished finish_soon(Words words) {
    words.insert(words.begin(), {"timeout", "20"});
    return finish(words);
  }
  [[nodiscard]] Words up(const std::string& bpffs = kMount) const {
    return {kOld, "up", "--keep", "-i", "cgt0", "--netns", netns_.name(), "--bpffs", bpffs};
  }
  // Each command that uses the ledger; what private programs can do is done by those.
  void expect_refused(const std::string& what, const std::string& hint,
                      const std::string& bpffs = kMount) const {
    const std::string error = "cgtally: " + what + "\n  " + hint + "\n";
    for (const Words& words : {up(bpffs), Words{kOld, "status", "--bpffs", bpffs},
                               Words{kOld, "down", "--bpffs", bpffs}}) {
      const auto finished = finish_soon(words);
      EXPECT_EQ(finished.exit_code, 1) << words[1];
      EXPECT_EQ(finished.err, error) << words[1];
    }
    const auto counted = finish({kOld, "record", "--once", "--interval", "100ms", "-i", "cgt0",
                                 "--netns", netns_.name(), "--bpffs", bpffs});
    EXPECT_EQ(counted.exit_code, 0) << counted.err;
    EXPECT_NE(counted.err.find("cgtally: using private programs for this run: " + what + "\n"),
              std::string::npos)
        << counted.err;
  }
  void expect_works(const std::string& bpffs = kMount) const {
    (void)start_keeper(up(bpffs));
    EXPECT_EQ(finish({kOld, "status", "--bpffs", bpffs}).exit_code, 0);
    EXPECT_EQ(finish({kOld, "down", "--forget", "--bpffs", bpffs}).exit_code, 0);
  }
  void SetUp() override { netns_.ip("link add cgt0 type veth peer name cgt1\n"); }

  Netns netns_{"trust"};
};

TEST_F(LedgerTrust, IsRefusedToADirectoryThatSomebodyElseMade) {
  on_own_bpffs([&] {
    as_nobody({"mkdir", "-m", "777", kLedger});
    expect_refused(
        std::string(kLedger) + " belongs to user 65534, who could exchange the ledger in it",
        "look what is there, and remove it: rm -r /sys/fs/bpf/cgtally; then let nobody "
        "else make directories there: chmod 0700 /sys/fs/bpf");
    EXPECT_TRUE(std::filesystem::is_empty(kLedger));
    // The cure does what it says.
    run({"sh", "-c", "rm -r /sys/fs/bpf/cgtally; chmod 0700 /sys/fs/bpf"});
    EXPECT_EQ(finish({"setpriv", "--reuid", "65534", "--clear-groups", "mkdir", kLedger}).exit_code,
              1);
    expect_works();
  });
}

TEST_F(LedgerTrust, IsRefusedToALinkThatSomebodyElseMade) {
  on_own_bpffs([&] {
    as_nobody({"mkdir", "-m", "777", "/sys/fs/bpf/mine"});
    as_nobody({"ln", "-s", "/sys/fs/bpf/mine", kLedger});
    const auto refused = finish_soon(up());
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("/sys/fs/bpf/cgtally belongs to user 65534"), std::string::npos)
        << refused.err;
    EXPECT_TRUE(std::filesystem::is_empty("/sys/fs/bpf/mine"));
  });
}

TEST_F(LedgerTrust, IsRefusedToADirectoryThatOthersMayWriteTo) {
  on_own_bpffs([&] {
    run({"mkdir", "-m", "777", kLedger});
    expect_refused(
        "others may write to /sys/fs/bpf/cgtally (mode 0777), and could exchange the "
        "ledger",
        "forbid it: chmod 0700 /sys/fs/bpf/cgtally");
    run({"chmod", "0700", kLedger});
    expect_works();
  });
}

TEST_F(LedgerTrust, IsRefusedToADirectoryWhoseLockOthersCouldHold) {
  on_own_bpffs([&] {
    run({"mkdir", "-m", "755", kLedger});
    const auto refused = finish_soon(up());
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.err,
              "cgtally: others may open /sys/fs/bpf/cgtally (mode 0755), and could hold the "
              "ledger's lock\n  forbid it: chmod 0700 /sys/fs/bpf/cgtally\n");
    run({"chmod", "0700", kLedger});
    expect_works();
  });
}

TEST_F(LedgerTrust, IsRefusedToABpffsWhoseDirectoriesOthersMayRename) {
  on_own_bpffs([&] {
    run({"chmod", "0777", kMount});  // without the sticky bit, which each mount begins with
    expect_refused("others may write to /sys/fs/bpf (mode 0777), and could exchange the ledger",
                   "forbid it: chmod go-w /sys/fs/bpf");
  });
}

TEST_F(LedgerTrust, IsRefusedBelowADirectoryOfSomebodyElse) {
  on_own_bpffs([&] {
    as_nobody({"mkdir", "-m", "777", "/sys/fs/bpf/theirs"});
    run({"mkdir", "-m", "700", "/sys/fs/bpf/theirs/ours"});
    const auto refused = finish_soon(up("/sys/fs/bpf/theirs/ours"));
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("/sys/fs/bpf/theirs belongs to user 65534"), std::string::npos)
        << refused.err;
  });
}

TEST_F(LedgerTrust, IsGivenToItsOwnDirectoryWhereTheStickyBitProtectsIt) {
  on_own_bpffs([&] {
    expect_works();
    run({"mkdir", "-m", "700", "/sys/fs/bpf/ours"});
    expect_works("/sys/fs/bpf/ours");
    const auto keeper = start_keeper(up());
    EXPECT_NE(
        finish({"setpriv", "--reuid", "65534", "--clear-groups", "mv", kLedger, "/sys/fs/bpf/away"})
            .exit_code,
        0);
    EXPECT_EQ(finish({kOld, "status"}).exit_code, 0);
    keeper->signal(SIGINT);
    (void)keeper->wait();
    EXPECT_EQ(finish({kOld, "down", "--forget"}).exit_code, 0);
  });
}

}  // namespace
}  // namespace cgtally::harness
