// SPDX-License-Identifier: Apache-2.0
// Children are born in the cgroup by clone3(CLONE_INTO_CGROUP): to write a pid to cgroup.procs
// costs an RCU grace period each time, which 10 000 cgroups cannot wait for.
#include "harness/host/cgroup.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

std::string find_cgroup2_root() {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    return field;
  }
  throw std::runtime_error("no cgroup2 mount in /proc/self/mountinfo");
}

void remove_left_cgroups() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(cgroup2_root(), ignored)) {
    if (is_leftover(entry.path().filename().string())) rmdir(entry.path().c_str());
  }
}

// Opens the directory for each use: if each of 10 000 cgroups kept a descriptor, the limit would
// have to be raised.
sys::Fd open_directory(const std::string& path) {
  const auto name = cgroup2_root() + path;
  sys::Fd directory(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  require(static_cast<bool>(directory), name);
  return directory;
}

// The child returns from here, too. It may share our open files, and another thread may have held
// the heap's lock: until it exits it must neither close nor allocate.
pid_t clone_into(int directory, std::uint64_t flags) {
  clone_args arguments{};
  arguments.flags = flags | CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(directory);
  const auto child = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof(arguments)));
  if (child < 0) require(false, "clone3 into a cgroup");
  return child;
}

}  // namespace

const std::string& cgroup2_root() {
  static const std::string root = find_cgroup2_root();
  return root;
}

Cgroup::Cgroup(const std::string& label) : path_("/cgt-" + std::to_string(getpid()) + "-" + label) {
  static std::once_flag once;
  std::call_once(once, remove_left_cgroups);
  const auto directory = cgroup2_root() + path_;
  require(mkdir(directory.c_str(), 0755) == 0, "mkdir " + directory);
  struct stat status{};
  require(stat(directory.c_str(), &status) == 0, directory);
  id_ = status.st_ino;
}

Cgroup::Cgroup(Cgroup&& other) noexcept : path_(std::move(other.path_)), id_(other.id_) {
  other.path_.clear();
}

Cgroup::~Cgroup() {
  try {
    remove();
  } catch (const std::exception&) {
    // The next test process removes it.
  }
}

void Cgroup::remove() {
  if (path_.empty()) return;
  const auto directory = cgroup2_root() + path_;
  // After waitpid() the child may still be leaving its cgroup.
  for (int attempt = 0; rmdir(directory.c_str()) != 0; ++attempt) {
    require(errno == EBUSY && attempt < 6000, "rmdir " + directory);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  path_.clear();
}

sys::Fd Cgroup::socket(const Netns& netns, int family, int type, int protocol) const {
  const auto directory = open_directory(path_);
  int report[2];
  require(pipe2(report, O_CLOEXEC) == 0, "pipe");
  const sys::Fd reader(report[0]);
  const sys::Fd writer(report[1]);
  // The child shares the table of open files, so what it opens is ours; nothing but system calls
  // here.
  const auto child = clone_into(directory.get(), CLONE_FILES);
  if (child == 0) {
    int made = -1;
    if (setns(netns.fd(), CLONE_NEWNET) == 0)
      made = ::socket(family, type | SOCK_CLOEXEC, protocol);
    if (made < 0) made = -errno;
    _exit(write(report[1], &made, sizeof(made)) == sizeof(made) ? 0 : 1);
  }
  require(wait_for(child) == 0, "child that makes a socket");
  int made = -1;
  require(read(reader.get(), &made, sizeof(made)) == sizeof(made), "read the socket's number");
  errno = made < 0 ? -made : 0;
  require(made >= 0, "socket in " + path_);
  return sys::Fd(made);
}

int wait_for(pid_t child) {
  int status = 0;
  require(waitpid(child, &status, 0) == child, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace cgtally::harness
