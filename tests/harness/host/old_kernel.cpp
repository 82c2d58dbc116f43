// SPDX-License-Identifier: Apache-2.0
// A seccomp filter cannot be taken off again, but it ends with its thread.
#include "harness/host/old_kernel.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

template <std::size_t size>
void install(std::array<sock_filter, size> program) {
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "seccomp");
}

void answer(unsigned call, unsigned action) {
  install(std::array<sock_filter, 4>{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }});
}

}  // namespace

void refuse_bpf(int error) { answer(SYS_bpf, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)); }

void die_at_ftruncate() { answer(SYS_ftruncate, SECCOMP_RET_KILL_PROCESS); }

void refuse_bpf_links() {
  install(std::array<sock_filter, 6>{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_LINK_CREATE, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }});
}

bool kernel_is_at_least(long major, long minor) {
  utsname name{};
  require(uname(&name) == 0, "uname");
  char* rest = nullptr;
  const auto its_major = std::strtol(name.release, &rest, 10);
  const auto its_minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return std::pair(its_major, its_minor) >= std::pair(major, minor);
}

void in_own_thread(const std::function<void()>& body) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void without_tcx(const std::function<void()>& body) {
  in_own_thread([&] {
    refuse_bpf_links();
    body();
  });
}

}  // namespace cgtally::harness
