// SPDX-License-Identifier: Apache-2.0
// Links are not pinned: they end with the process, and the packets of an endpoint are then named by
// its device. On kernels without tcx the filters of a killed process stay until they are found as
// orphaned.
#include "adapters/bpf/programs/origin_hooks.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <utility>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/ledger_maps.h"
#include "adapters/bpf/loading/program_loader.h"
#include "adapters/sys/process.h"

namespace cgtally::bpf {

struct OriginProgram::Impl {
  const Ledger& ledger;
  KernelFacts facts;
  Skeleton<tally_bpf> program;
  std::uint32_t map_id = 0;  // of the ledger, by which filters of an earlier process are known

  Result<void> load() {
    if (program) return {};
    auto loaded = load_origin(ledger, facts);
    if (!loaded) return std::unexpected(std::move(loaded).error());
    sys::raise_descriptor_limit();  // each hook has one
    program = *std::move(loaded);
    if (const auto info = info_of(ledger.fd("cpus"))) map_id = info->id;
    return {};
  }
};

OriginProgram::OriginProgram(const Ledger& ledger, KernelFacts facts)
    : impl_(new Impl{.ledger = ledger, .facts = std::move(facts), .program = {}}) {}
OriginProgram::~OriginProgram() = default;

Result<Hook> OriginProgram::attach(int ifindex) {
  if (auto loaded = impl_->load(); !loaded) return std::unexpected(std::move(loaded).error());
  const int fd = bpf_program__fd(impl_->program->progs.cgt_origin);
  if (impl_->facts.tcx) return Hook::attach_tcx(fd, ifindex, HookDirection::ingress);
  remove_origin_filters(ifindex, impl_->map_id);
  return Hook::attach_clsact(fd, ifindex, HookDirection::ingress);
}

Result<void> OriginHooks::attach(int ifindex) {
  auto hook = program_->attach(ifindex);
  if (!hook) return std::unexpected(std::move(hook).error());
  hooks_.insert_or_assign(ifindex, *std::move(hook));
  return {};
}

Result<void> OriginHooks::update(const std::set<int>& devices) {
  const auto unwanted = [&](int ifindex) { return !devices.contains(ifindex); };
  std::erase_if(hooks_, [&](const auto& item) { return unwanted(item.first); });
  std::erase_if(refused_, unwanted);
  Result<void> first;
  for (const int ifindex : devices) {
    if (hooks_.contains(ifindex) || refused_.contains(ifindex)) continue;
    const auto attached = attach(ifindex);
    if (attached) continue;
    refused_.insert(ifindex);
    // ENODEV: it has gone, which netlink tells.
    if (first && attached.error().code != ENODEV) first = attached;
  }
  return first;
}

void OriginHooks::reattach() {
  std::set<int> devices;
  for (const auto& [ifindex, hook] : hooks_) devices.insert(ifindex);
  std::erase_if(hooks_, [](const auto& item) { return !item.second.attached(); });
  (void)update(devices);
}

}  // namespace cgtally::bpf
