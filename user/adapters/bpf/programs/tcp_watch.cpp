// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/tcp_watch.h"

#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <tcp_states.skel.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/loading/program_loader.h"
#include "adapters/sys/error.h"
#include "cgtally/abi.h"

namespace cgtally::bpf {

namespace {

// `ordered`: with the atomic that is a barrier, which kernels have from 5.12 on.
Result<Skeleton<tcp_states_bpf>> load_watch(const Ledger& ledger, bool ordered) {
  const LibbpfLog log;
  Skeleton<tcp_states_bpf> programs(tcp_states_bpf::open());
  if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  bpf_program__set_autoload(programs->progs.cgt_tcp_state, ordered);
  bpf_program__set_autoload(programs->progs.cgt_tcp_state_plain, !ordered);
  ledger.share_with(programs->obj);
  if (const int code = tcp_states_bpf::load(programs.get()); code != 0) {
    return std::unexpected(
        with_last_words(sys::error_from(-code, "load the program that watches TCP sockets",
                                        "see what is missing: cgtally doctor"),
                        log));
  }
  return programs;
}

// While no program watched, a connection may have got another owner: nothing from before is
// believed. Atomic, because the program of another process may count at the same time.
Result<void> raise_all_counts(const Ledger& ledger) {
  void* at = mmap(nullptr, sizeof(cgt_tcp_changes), PROT_READ | PROT_WRITE, MAP_SHARED,
                  ledger.fd("tcp_changes"), 0);
  if (at == MAP_FAILED) {
    return std::unexpected(sys::error_from(errno, "map the ledger's counts of TCP changes"));
  }
  for (std::uint32_t& count : static_cast<cgt_tcp_changes*>(at)->count)
    std::atomic_ref(count).fetch_add(1);
  munmap(at, sizeof(cgt_tcp_changes));
  return {};
}

}  // namespace

struct TcpWatch::Impl {
  Skeleton<tcp_states_bpf> programs;
};

Result<TcpWatch> TcpWatch::attach(const Ledger& ledger) {
  auto loaded = load_watch(ledger, true);
  if (!loaded) {
    if (auto plain = load_watch(ledger, false)) loaded = std::move(plain);
  }
  if (!loaded) return std::unexpected(std::move(loaded).error());
  auto impl = std::make_unique<Impl>();
  impl->programs = *std::move(loaded);
  const LibbpfLog log;
  if (const int code = tcp_states_bpf::attach(impl->programs.get()); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "attach to the kernel's tracepoint sock:inet_sock_set_state",
                        "grant CAP_PERFMON"),
        log));
  }
  if (auto raised = raise_all_counts(ledger); !raised) return std::unexpected(raised.error());
  return TcpWatch(std::move(impl));
}

Result<void> TcpWatch::pin(const std::string& directory) const {
  const auto& links = impl_->programs->links;
  return replace_pin(
      bpf_link__fd(links.cgt_tcp_state ? links.cgt_tcp_state : links.cgt_tcp_state_plain),
      fmt::format("{}/{}", directory, kTcpWatchPin));
}

TcpWatch::TcpWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpWatch::TcpWatch(TcpWatch&&) noexcept = default;
TcpWatch& TcpWatch::operator=(TcpWatch&&) noexcept = default;
TcpWatch::~TcpWatch() = default;

}  // namespace cgtally::bpf
