// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/tcp_watch.h"

#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <tcp_states.skel.h>

#include <cerrno>
#include <utility>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/programs/program_loader.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {

struct TcpWatch::Impl {
  Skeleton<tcp_states_bpf> programs;
};

Result<TcpWatch> TcpWatch::attach(const Ledger& ledger) {
  const LibbpfLog log;
  auto impl = std::make_unique<Impl>();
  impl->programs.reset(tcp_states_bpf::open());
  tcp_states_bpf* programs = impl->programs.get();
  if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  ledger.share_with(programs->obj);
  if (const int code = tcp_states_bpf::load(programs); code != 0) {
    return std::unexpected(
        with_last_words(sys::error_from(-code, "load the program that watches TCP sockets",
                                        "see what is missing: cgtally doctor"),
                        log));
  }
  if (const int code = tcp_states_bpf::attach(programs); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "attach to the kernel's tracepoint sock:inet_sock_set_state",
                        "grant CAP_PERFMON"),
        log));
  }
  return TcpWatch(std::move(impl));
}

Result<void> TcpWatch::pin(const std::string& directory) const {
  return replace_pin(bpf_link__fd(impl_->programs->links.cgt_tcp_state),
                     fmt::format("{}/{}", directory, kTcpWatchPin));
}

TcpWatch::TcpWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpWatch::TcpWatch(TcpWatch&&) noexcept = default;
TcpWatch& TcpWatch::operator=(TcpWatch&&) noexcept = default;
TcpWatch::~TcpWatch() = default;

}  // namespace cgtally::bpf
