// SPDX-License-Identifier: Apache-2.0
// Bad input and bad luck as a table: what is wrong, how the world is made so, the command, what
// happens while it runs, its exit code, and its message: what failed and what helps. After
// every line stdout holds data only, and nothing is left attached. Nothing is mocked: seccomp,
// capabilities, mounts, pipes and disks are the kernel's.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <functional>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/cgroupfs/mount.h"
#include "e2e/scene.h"
#include "harness/host/hooks.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

using Step = std::function<void(Scene&)>;
using Words = std::vector<std::string>;

struct Fault {
  std::string sentence;
  Step before;  // in the thread that starts the program
  Words command;
  Step during;  // empty: it ends by itself
  int exit_code;
  std::string says;        // all of stderr; * is anything within a line
  std::string shows = {};  // a line of stdout, where that is no CSV
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.sentence; }

std::string test_name(const testing::TestParamInfo<Fault>& info) {
  std::string name;
  bool capital = true;
  for (const char letter : info.param.sentence) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) {
      capital = true;
      continue;
    }
    name += capital ? static_cast<char>(std::toupper(letter)) : letter;
    capital = false;
  }
  return name;
}

const Words kRecord{"record", "-i", "cgt0", "--interval", "100ms"};
const std::string kCounting = "cgtally: counting cgt0 (*), every 100 ms\n";
// Counting goes on without it: only pods have no names then.
const std::string kNoNews =
    "cgtally: naming the traffic of pods: hear of the addresses of other netns: Operation not "
    "permitted; grant CAP_NET_BROADCAST\n";
const std::string kCounted =
    "cgtally: * on cgt0: rx * in * packets, tx * in *\n"
    "  named     rx * of the bytes are on a cgroup\n"
    "  top       (not ip) *\n";
const std::string kSlots = "  slots     */4096, * of memory\n";
const std::string kSummary = kCounted +
                             "  cost      * ns per packet or super-packet, *\n"
                             "            with*\n" +
                             kSlots;
// The kernel's statistics take CAP_SYS_ADMIN.
const std::string kSummaryWithoutCost = kCounted + "  cost      not measured: *\n" + kSlots;
const std::string kAsNobody =
    " not granted\n"
    "    sudo cgtally ..., or: sudo setcap cap_bpf,cap_net_admin,cap_perfmon+ep"
    " $(command -v cgtally)\n";
const std::string kAsRoot =
    " not granted\n"
    "    start the container with --cap-add="
    "BPF,NET_ADMIN,PERFMON,NET_BROADCAST,SYS_ADMIN,SYS_PTRACE\n";
const std::string kAllowBpf =
    "    allow the bpf system call: a container needs a seccomp profile that has bpf and "
    "perf_event_open\n";
const std::string kMountCgroup2 =
    "  mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 "
    "/sys/fs/cgroup/unified; a "
    "container needs the host's: -v /sys/fs/cgroup:/host/sys/fs/cgroup:ro\n";
const std::string kNoRoom =
    "cgtally: write to DIR/samples.csv: No space left on device: counting goes on, and the rows "
    "will be written when there is room\n";
const std::string kRowsAreMissing =
    "cgtally: the last rows are missing: write to DIR/samples.csv: No space left on device\n"
    "  the summary covers them; make room before the next run\n";
const std::string kHasGone = "cgtally: cgt0 has gone: its totals stay, and it is waited for\n";
const std::string kPodsInV1 =
    "cgtally: containers live in cgroup v1: all of them are on '/'; "
    "boot with systemd.unified_cgroup_hierarchy=1 to tell them apart\n";

// On a busy machine a look at the sockets takes long, and that is said: true, and no part of a
// fault's own words.
std::string without_slow_sockets(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" network namespaces takes ") == std::string::npos) kept += line + "\n";
  }
  return kept;
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
const Words kLive{"live", "-i", "cgt0", "--interval", "100ms"};
const Words kToFile = kRecord + Words{"--csv", "DIR/samples.csv"};

Step nobody_with(const std::vector<int>& capabilities) {
  return [=](Scene&) { become_nobody(capabilities); };
}
Step root_with(const std::vector<int>& capabilities) {
  return [=](Scene&) { limit_root_to(capabilities); };
}
Step frames_then_signal(int number) {
  return [=](Scene& scene) {
    scene.await_words("counting");
    scene.send_frames(3);
    scene.signal(number);
  };
}
Step without_bpf(int error) {
  return [=](Scene&) { refuse_bpf(error); };
}
void without_links(Scene&) { refuse_bpf_links(); }
void without_btf(Scene&) {
  own_mounts();
  cover("/sys/kernel/btf");
}
void without_cgroup2(Scene&) {
  own_mounts();
  unmount_every_cgroup2();
}
void tiny_disk(Scene& scene) {
  own_mounts();
  cover(scene.directory(), "size=16k");
}
void fill_until_it_fails(Scene& scene) {
  scene.await_rows(2);
  scene.fill_disk();
  scene.send_frames_until("No space left on device");
  scene.send_frames(7);
}
void with_pod_in_v1(Scene& scene) {
  own_mounts();
  scene.keep(std::make_shared<PodInCgroupV1>(scene.directory()));
}

void read_only_disk(Scene& scene) {
  tiny_disk(scene);
  make_read_only(scene.directory());
}
void interrupt(Scene& scene) { scene.signal(SIGINT); }
void interrupt_while_full(Scene& scene) {
  fill_until_it_fails(scene);
  interrupt(scene);
}
void free_then_interrupt(Scene& scene) {
  fill_until_it_fails(scene);
  scene.free_disk();
  scene.await_words("works again");
  scene.await_rows(2);
  interrupt(scene);
}
void remove_interface(Scene& scene) {
  scene.await_rows(1);
  scene.send_frames(3);
  scene.await_rows(1);
  scene.netns().ip("link del cgt0\n");
  scene.await_words("has gone");
}
void remove_then_interrupt(Scene& scene) {
  remove_interface(scene);
  interrupt(scene);
}
void replace_then_interrupt(Scene& scene) {
  remove_interface(scene);
  scene.make_interface();
  scene.await_words("is back");
  scene.send_frames(4);
  scene.await_rows(2);
  interrupt(scene);
}
void kill_it(Scene& scene) {
  scene.await_rows(2);
  scene.signal(SIGKILL);
}
void into_pipe(Scene& scene) { scene.pipe_stdout(65536); }
void into_small_pipe(Scene& scene) { scene.pipe_stdout(4096); }
void into_closed_pipe(Scene& scene) {
  into_pipe(scene);
  scene.read_lines_and_go(0);
}
void reader_goes(Scene& scene) { scene.read_lines_and_go(2); }
void interrupt_at_full_pipe(Scene& scene) {
  scene.await_words("counting");
  scene.send_frames(3);
  scene.await_full_pipe();
  interrupt(scene);
}
void write_notes(Scene& scene) { std::ofstream(scene.csv()) << "notes\n"; }
void make_fifo(Scene& scene) { run({"mkfifo", scene.directory() + "/pipe"}); }

class FaultTest : public testing::TestWithParam<Fault> {};

TEST_P(FaultTest, EndsAsTheTableSays) {
  const Fault& fault = GetParam();
  Scene scene;
  Finished finished;
  std::string data;
  const auto has = [&](const char* word) { return std::ranges::count(fault.command, word) > 0; };
  const bool pods_on_this_host = cgroupfs::pods_in_cgroup_v1("");
  in_own_thread([&] {
    if (!has("--netns")) move_to(scene.netns());
    if (fault.before) fault.before(scene);
    scene.start(fault.command);
    if (fault.during) fault.during(scene);
    finished = scene.wait();
    data = scene.data(finished, fault.exit_code != 2 && has("DIR/samples.csv"));
  });
  auto says = without_slow_sockets(finished.err);
  if (pods_on_this_host && says.starts_with(kPodsInV1)) says = says.substr(kPodsInV1.size());
  EXPECT_EQ(finished.exit_code, fault.exit_code) << finished.err;
  EXPECT_TRUE(looks_like(says, scene.filled_in(fault.says))) << "it says:\n"
                                                             << says << "and should say:\n"
                                                             << fault.says;
  EXPECT_EQ(("\n" + data).find("\ncgtally:"), std::string::npos) << "talk on stdout: " << data;
  if (fault.shows.empty()) {
    expect_rows_without_gap(data, says.contains("is back") ? Away::for_a_while : Away::never);
  } else {
    EXPECT_TRUE(has_line_like(data, fault.shows)) << data;
  }
  if (scene.frames() > 0 && fault.exit_code == 0 && has("DIR/samples.csv")) {
    EXPECT_EQ(packets_received(data, "(not ip)"), scene.frames());
  }
  EXPECT_EQ(attached_cgtally(scene.netns()), Words{});
  EXPECT_EQ(inside(scene.netns(), [] { return run({"tc", "qdisc", "show"}); }).find("clsact"),
            std::string::npos);
}

// A table: it keeps its own lines.
// clang-format off
INSTANTIATE_TEST_SUITE_P(WrongUsage, FaultTest, testing::Values(
  Fault{"no such interface", {}, {"record", "-i", "nope0"}, {}, 2,
        "cgtally: there is no interface nope0\n"
        "  there are: lo, *cgt*\n"},
  Fault{"no such interface, and nobody", nobody_with({}), {"live", "-i", "nope0"}, {}, 2,
        "cgtally: there is no interface nope0\n"
        "  there are: lo, *cgt*\n"},
  Fault{"no interface to choose", {}, {"record"}, {}, 2,
        "cgtally: no interface is bound to a driver, and there is no default route\n"
        "  name one with --iface; there are: lo, *cgt*\n"},
  Fault{"an interval that is too short", {}, {"record", "--interval", "99ms"}, {}, 2,
        "cgtally: --interval must be 100ms to 1h, got 99ms\n"},
  Fault{"an interval that is too long", {}, {"live", "--interval", "61m"}, {}, 2,
        "cgtally: --interval must be 100ms to 1h, got 61m\n"},
  Fault{"an interval without a unit", {}, {"record", "--interval", "5"}, {}, 2,
        "cgtally: --interval must be 100ms to 1h, got 5\n"
        "  write a number and a unit: 100ms, 1s, 2m30s, 1h or 2d\n"},
  Fault{"no such netns", {}, {"record", "--netns", "cgt-nowhere"}, {}, 2,
        "cgtally: open the netns /run/netns/cgt-nowhere: No such file or directory\n"
        "  'ip netns' lists the names; in a container, mount the host's /run/netns\n"}
), test_name);

INSTANTIATE_TEST_SUITE_P(Csv, FaultTest, testing::Values(
  Fault{"a CSV in a directory that is not there", {}, kRecord + Words{"--csv", "DIR/no/x.csv"}, {}, 1,
        "cgtally: open DIR/no/x.csv: No such file or directory\n"
        "  create its directory first\n"},
  Fault{"a CSV that is a directory", {}, kRecord + Words{"--csv", "DIR"}, {}, 1,
        "cgtally: open DIR: Is a directory\n"
        "  choose a file that may be written\n"},
  Fault{"a CSV on a read-only file system", read_only_disk, kToFile, {}, 1,
        "cgtally: open DIR/samples.csv: Read-only file system\n"
        "  choose a file that may be written\n"},
  Fault{"a CSV on a device that is full", {}, kRecord + Words{"--csv", "/dev/full"}, {}, 1,
        "cgtally: write to /dev/full: No space left on device\n"
        "  make room; the totals of the next rows make up for the gap\n"},
  Fault{"a CSV that is something else", write_notes, kRecord + Words{"--csv", "DIR//samples.csv"}, {}, 1,
        "cgtally: DIR//samples.csv exists and is not a recording with these columns\n"
        "  choose another file, or move that one away\n"},
  Fault{"a fifo that nobody reads", make_fifo, kRecord + Words{"--csv", "DIR/pipe"}, {}, 1,
        "cgtally: open DIR/pipe: No such device or address\n"
        "  start its reader first\n"},
  Fault{"a disk that fills and is freed", tiny_disk, kToFile, free_then_interrupt, 0,
        kCounting + kNoRoom +
        "cgtally: writing DIR/samples.csv works again: these rows cover the last *\n" + kSummary},
  Fault{"a disk that stays full", tiny_disk, kToFile, interrupt_while_full, 1,
        kCounting + kNoRoom + kSummary + kRowsAreMissing},
  Fault{"a disk that stays full under live", tiny_disk, kLive + Words{"--csv", "DIR/samples.csv"},
        interrupt_while_full, 1,
        kCounting + kNoRoom + kSummary + kRowsAreMissing}
), test_name);

INSTANTIATE_TEST_SUITE_P(Privileges, FaultTest, testing::Values(
  Fault{"no privileges", nobody_with({}), kRecord, {}, 3,
        "cgtally: create the ledger: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: privileges: CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" + kAsNobody},
  Fault{"a doctor without privileges", nobody_with({}), {"doctor"}, {}, 3,
        "cgtally: cannot count here: fix what is missing\n",
        "missing   privileges  CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON not granted"},
  Fault{"nobody with the three capabilities", nobody_with({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON}),
        kRecord, frames_then_signal(SIGINT), 0,
        kCounting + kNoNews + kSummaryWithoutCost},
  Fault{"root with the three capabilities", root_with({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON}),
        kRecord, frames_then_signal(SIGINT), 0,
        kCounting + kNoNews + kSummaryWithoutCost},
  Fault{"no CAP_BPF", nobody_with({CAP_NET_ADMIN, CAP_PERFMON}), kRecord, {}, 3,
        "cgtally: create the ledger: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: privileges: CAP_BPF" + kAsNobody},
  Fault{"no CAP_NET_ADMIN", nobody_with({CAP_BPF, CAP_PERFMON}), kRecord, {}, 3,
        "cgtally: attach to cgt0: load the tc programs: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: privileges: CAP_NET_ADMIN" + kAsNobody},
  Fault{"no CAP_PERFMON", nobody_with({CAP_BPF, CAP_NET_ADMIN}), kRecord, {}, 3,
        "cgtally: create the ledger: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: privileges: CAP_PERFMON" + kAsNobody},
  Fault{"no CAP_SYS_ADMIN for another netns", nobody_with({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON}),
        kRecord + Words{"--netns", "NETNS"}, {}, 3,
        "cgtally: enter the netns NETNS: Operation not permitted\n"
        "  run cgtally as root, or grant CAP_SYS_ADMIN\n"},
  Fault{"root in a container without CAP_BPF", root_with({CAP_NET_ADMIN, CAP_PERFMON}), kRecord, {}, 3,
        "cgtally: create the ledger: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: privileges: CAP_BPF" + kAsRoot},
  Fault{"root in a container without any", root_with({}), kRecord, {}, 3,
        "cgtally: create the ledger: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: privileges: CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" + kAsRoot},
  Fault{"a seccomp profile without bpf", without_bpf(EPERM), kRecord, {}, 3,
        "cgtally: create the ledger: Operation not permitted*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: bpf: load a BPF program: Operation not permitted\n" + kAllowBpf},
  Fault{"a kernel without the bpf call", without_bpf(ENOSYS), kRecord, {}, 3,
        "cgtally: create the ledger: Function not implemented*\n"
        "  see what is missing: cgtally doctor\n"
        "  missing: bpf: load a BPF program: Function not implemented\n" + kAllowBpf}
), test_name);

INSTANTIATE_TEST_SUITE_P(Host, FaultTest, testing::Values(
  Fault{"no BTF", without_btf, kRecord, {}, 3,
        "cgtally: the kernel's types: /sys/kernel/btf/vmlinux cannot be read\n"
        "  take a kernel with CONFIG_DEBUG_INFO_BTF=y; in a container: mount /sys\n"},
  Fault{"a doctor without BTF", without_btf, {"doctor"}, {}, 3,
        "cgtally: cannot count here: fix what is missing\n",
        "missing   BTF         /sys/kernel/btf/vmlinux cannot be read"},
  Fault{"no cgroup2", without_cgroup2, kRecord, {}, 3,
        "cgtally: no cgroup2 is mounted\n" + kMountCgroup2},
  Fault{"a doctor without cgroup2", without_cgroup2, {"doctor"}, {}, 3,
        "cgtally: cannot count here: fix what is missing\n",
        "missing   cgroup2     no cgroup2 is mounted"},
  Fault{"pods in cgroup v1", with_pod_in_v1, kRecord, frames_then_signal(SIGINT), 0,
        kPodsInV1 + kCounting + kSummary},
  Fault{"a live with pods in cgroup v1", with_pod_in_v1, kLive, frames_then_signal(SIGINT), 0,
        kPodsInV1 + kCounting + kSummary,
        "*Z   (not ip) *"},
  Fault{"a doctor with pods in cgroup v1", with_pod_in_v1, {"doctor"}, {}, 0, "",
        "degraded  cgroup2     *, but containers live in cgroup v1: all of them are on '/'"}
), test_name);

INSTANTIATE_TEST_SUITE_P(WhileItCounts, FaultTest, testing::Values(
  Fault{"an interface that is removed", {}, kToFile, remove_then_interrupt, 0,
        kCounting + kHasGone + kSummary},
  Fault{"an interface that is removed and made again", {}, kToFile, replace_then_interrupt, 0,
        kCounting + kHasGone + "cgtally: cgt0 is back: counting it\n" + kSummary},
  Fault{"Ctrl-C", {}, kRecord, frames_then_signal(SIGINT), 0, kCounting + kSummary},
  Fault{"Ctrl-C in live", {}, kLive, frames_then_signal(SIGINT), 0, kCounting + kSummary,
        "*Z   (not ip) *"},
  Fault{"Ctrl-C on a kernel without tcx", without_links, kRecord, frames_then_signal(SIGINT), 0,
        kCounting + kSummary},
  Fault{"SIGTERM", {}, kRecord, frames_then_signal(SIGTERM), 0, kCounting + kSummary},
  Fault{"a terminal that is closed", {}, kRecord, frames_then_signal(SIGHUP), 0, kCounting + kSummary},
  Fault{"SIGKILL", {}, kToFile, kill_it, 128 + SIGKILL, kCounting},
  Fault{"a reader that has seen enough", into_pipe, kRecord, reader_goes, 0, kCounting},
  Fault{"a reader that was never there", into_closed_pipe, kRecord, {}, 0, ""},
  Fault{"a reader of live that has seen enough", into_pipe, kLive, reader_goes, 0, kCounting,
        "*Z cgt0  rx *"},
  Fault{"Ctrl-C while a reader stands still", into_small_pipe, kRecord, interrupt_at_full_pipe, 1,
        kCounting + kSummary +
        "cgtally: the last rows are missing: write to stdout: its reader has stopped reading\n"
        "  the summary covers them; let it read on, or write to a file: --csv FILE, --json FILE\n"},
  Fault{"Ctrl-C while a reader of live stands still", into_small_pipe, kLive, interrupt_at_full_pipe, 0,
        kCounting + kSummary,
        "*Z cgt0  rx *"}
), test_name);
// clang-format on

}  // namespace
}  // namespace cgtally::harness
