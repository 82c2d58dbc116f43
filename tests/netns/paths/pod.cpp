// SPDX-License-Identifier: Apache-2.0
// The residents are born in their cgroup by clone3(CLONE_INTO_CGROUP), and hold none of the test's
// files open.
#include "netns/paths/pod.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

// Nothing but system calls: another thread of the test may have held the heap's lock.
[[noreturn]] void stay_in(int netns, int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const char in_place = setns(netns, CLONE_NEWNET) == 0 ? 1 : 0;
  const bool told = write(ready, &in_place, 1) == 1;
  syscall(SYS_close_range, 0U, ~0U, 0U);
  while (told) pause();
  _exit(1);
}

}  // namespace

PodResident::PodResident(const Cgroup& cgroup, const Netns& netns) {
  const auto directory = cgroup2_root() + cgroup.path();
  const sys::Fd opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(static_cast<bool>(opened), directory);
  std::array<int, 2> ends{};
  require(pipe2(ends.data(), O_CLOEXEC) == 0, "pipe");
  const sys::Fd reader(ends[0]), writer(ends[1]);
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(opened.get());
  process_ = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
  if (process_ == 0) stay_in(netns.fd(), writer.get());
  require(process_ > 0, "clone3 into " + cgroup.path());
  char in_place = 0;
  require(read(reader.get(), &in_place, 1) == 1 && in_place == 1, "a process in " + netns.name());
}

PodResident::~PodResident() {
  kill(process_, SIGKILL);
  wait_for(process_);
}

PathPod::PathPod(const std::string& label, int number)
    : label_(label),
      number_(number),
      own_(std::make_unique<Netns>(label)),
      netns_(own_.get()),
      pod_(kShelf + ("/" + label)),
      container_(cgroup_label() + "/app"),
      pause_(cgroup_label() + "/pause"),
      first_(pause_, *netns_),
      second_(container_, *netns_) {}

PathPod::PathPod(const std::string& label, int number, const Netns& netns)
    : label_(label),
      number_(number),
      netns_(&netns),
      pod_(kShelf + ("/" + label)),
      container_(cgroup_label() + "/app"),
      pause_(cgroup_label() + "/pause"),
      first_(pause_, *netns_),
      second_(container_, *netns_) {}

}  // namespace cgtally::harness
