// SPDX-License-Identifier: Apache-2.0
// A tcx link does not hold the netns of its device, but the record of a clsact filter would: of a
// filter only its place is kept, and the netns is found again by a process in it.
#include "adapters/bpf/programs/loopback_programs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <refusals.skel.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/ledger_maps.h"
#include "adapters/bpf/loading/program_loader.h"
#include "adapters/netns/netns.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr int kLoopback = 1;  // the ifindex of `lo` in each netns

// In the netns of the process, if that is the one meant; the visit ends with the result.
Result<netns::Entered> enter_netns_of(const std::string& process, std::uint64_t inode) {
  const auto netns = netns::Netns::open(process + "/ns/net", "");
  if (!netns) return std::unexpected(netns.error());
  if (netns->inode() != inode)
    return std::unexpected(sys::error_from(ESRCH, "enter a pod's netns"));
  return netns::Entered::enter(*netns);
}

}  // namespace

struct LoopbackPrograms::Impl {
  // A link, or the place of a filter and a process by which its netns is found.
  struct Attached {
    std::optional<Hook> link;
    Hook::Filter filter;
    std::string process;
  };
  Skeleton<refusals_bpf> program;
  int counts_fd = -1;
  bool tcx = false;
  std::uint32_t map_id = 0;  // of the counts, by which filters of an earlier process are known
  std::map<std::uint64_t, Attached> attached;  // by the inode of the netns

  void detach_filter(std::uint64_t netns, const Attached& one) const {
    const auto visit = enter_netns_of(one.process, netns);
    if (visit) Hook::remove_filter(kLoopback, HookDirection::ingress, one.filter);
  }
};

LoopbackPrograms::LoopbackPrograms(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoopbackPrograms::LoopbackPrograms(LoopbackPrograms&&) noexcept = default;
LoopbackPrograms& LoopbackPrograms::operator=(LoopbackPrograms&&) noexcept = default;

LoopbackPrograms::~LoopbackPrograms() {
  if (!impl_) return;
  for (const auto& [netns, one] : impl_->attached) {
    if (!one.link) impl_->detach_filter(netns, one);
  }
}

Result<LoopbackPrograms> LoopbackPrograms::load(const Ledger& ledger) {
  const LibbpfLog log;
  auto impl = std::make_unique<Impl>();
  impl->program.reset(refusals_bpf::open());
  const int code = impl->program ? 0 : errno;
  if (impl->program) ledger.share_with(impl->program->obj);
  const int loaded = impl->program ? refusals_bpf::load(impl->program.get()) : -code;
  if (loaded != 0) {
    return std::unexpected(
        with_last_words(sys::error_from(-loaded, "load the program for the pods' lo",
                                        "leave --lo out; see what is missing: cgtally doctor"),
                        log));
  }
  impl->counts_fd = ledger.fd("refusals");
  if (const auto info = info_of(impl->counts_fd)) impl->map_id = info->id;
  impl->tcx = probe_kernel().tcx;
  return LoopbackPrograms(std::move(impl));
}

Result<void> LoopbackPrograms::attach(std::uint64_t netns, const std::string& process) {
  const auto visit = enter_netns_of(process, netns);
  if (!visit) return std::unexpected(visit.error());
  const int fd = bpf_program__fd(impl_->program->progs.cgt_refused);
  if (!impl_->tcx) remove_origin_filters(kLoopback, impl_->map_id);  // of a killed process
  auto hook = impl_->tcx ? Hook::attach_tcx(fd, kLoopback, HookDirection::ingress)
                         : Hook::attach_clsact(fd, kLoopback, HookDirection::ingress);
  if (!hook) return std::unexpected(std::move(hook).error());
  Impl::Attached one{.link = std::nullopt, .filter = hook->filter(), .process = process};
  if (impl_->tcx) {
    one.link.emplace(*std::move(hook));
  } else if (auto kept = hook->keep(""); !kept) {
    return kept;
  }
  impl_->attached.insert_or_assign(netns, std::move(one));
  return {};
}

bool LoopbackPrograms::is_attached(std::uint64_t netns) const {
  const auto found = impl_->attached.find(netns);
  return found != impl_->attached.end() && (!found->second.link || found->second.link->attached());
}

void LoopbackPrograms::forget(std::uint64_t netns) { impl_->attached.erase(netns); }

std::vector<PortRefusals> LoopbackPrograms::read() const {
  std::vector<PortRefusals> all;
  cgt_refusal_key before{};
  cgt_refusal_key key{};
  while (all.size() < CGT_REFUSALS &&
         bpf_map_get_next_key(impl_->counts_fd, all.empty() ? nullptr : &before, &key) == 0) {
    cgt_refusal refusal{};
    before = key;
    if (bpf_map_lookup_elem(impl_->counts_fd, &key, &refusal) != 0) refusal = {};
    all.push_back({.netns = key.netns,
                   .port = ntohs(key.port),
                   .caller_id = key.caller_id,
                   .count = refusal.count});
  }
  return all;
}

}  // namespace cgtally::bpf
