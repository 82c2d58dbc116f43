// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/kernel_features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string_view>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/tcx.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {
namespace {

using Btf = std::unique_ptr<btf, decltype(&btf__free)>;

// 0: it has none of that name.
std::uint32_t function_id(const btf* types, const char* name) {
  const int id = types ? btf__find_by_name_kind(types, name, BTF_KIND_FUNC) : 0;
  return id > 0 ? static_cast<std::uint32_t>(id) : 0;
}

bool has_function(const btf* types, const char* name) { return function_id(types, name) != 0; }

// return -1
constexpr std::array<bpf_insn, 2> kNext{
    bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = -1},
    bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

sys::Fd load_empty_program() {
  const LibbpfLog log;
  return sys::Fd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "cgt_probe", "GPL", kNext.data(),
                               kNext.size(), nullptr));
}

// A kernel with tcx answers ENODEV for an interface that does not exist; an older kernel rejects
// the attach type.
bool kernel_has_tcx(int program_fd) {
  constexpr int kNoSuchIfindex = 0x7fffffff;
  const int fd = bpf_link_create(program_fd, kNoSuchIfindex, kTcxIngress, nullptr);
  const int code = fd < 0 ? -fd : 0;
  const sys::Fd link(fd);
  return code == ENODEV;
}

}  // namespace

Result<void> may_load_programs() {
  const sys::Fd program = load_empty_program();
  if (program) return {};
  const int code = errno;
  if (code == EPERM) {
    return std::unexpected(
        sys::error_from(code, "load a BPF program",
                        "run cgtally as root, or grant CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON "
                        "(a container: --cap-add=BPF,NET_ADMIN,PERFMON)"));
  }
  return std::unexpected(sys::error_from(code, "load a BPF program"));
}

bool conntrack_module_loaded() { return ::access("/sys/kernel/btf/nf_conntrack", F_OK) == 0; }

KernelFacts probe_kernel() {
  KernelFacts facts;
  utsname name{};
  if (uname(&name) == 0) {
    facts.release = name.release;
    facts.preempt_rt = std::string_view(name.version).find("PREEMPT_RT") != std::string_view::npos;
  }
  const LibbpfLog log;
  const Btf vmlinux(btf__load_vmlinux_btf(), &btf__free);
  facts.btf = vmlinux != nullptr;
  facts.rdonly_cast_id = function_id(vmlinux.get(), "bpf_rdonly_cast");
  facts.rdonly_cast = facts.rdonly_cast_id != 0;
  // A module's kfuncs exist only while the module is loaded; its BTF exists just as long.
  const Btf conntrack(vmlinux ? btf__load_module_btf("nf_conntrack", vmlinux.get()) : nullptr,
                      &btf__free);
  facts.conntrack_lookup = has_function(vmlinux.get(), "bpf_skb_ct_lookup") ||
                           has_function(conntrack.get(), "bpf_skb_ct_lookup");
  if (const sys::Fd program = load_empty_program()) {
    facts.tcx = kernel_has_tcx(program.get());
  }
  return facts;
}

}  // namespace cgtally::bpf
