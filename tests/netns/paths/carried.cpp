// SPDX-License-Identifier: Apache-2.0
#include "netns/paths/carried.h"

#include <bpf/bpf.h>

#include <utility>

#include "adapters/bpf/hooks/hook.h"
#include "carried.skel.h"
#include "harness/host/command.h"
#include "harness/host/netns.h"

namespace cgtally::harness {
struct Carried::Impl {
  struct Close {
    void operator()(carried_bpf* programs) const { carried_bpf__destroy(programs); }
  };
  std::unique_ptr<carried_bpf, Close> programs{carried_bpf__open_and_load()};
  const Netns& host;
  std::vector<bpf::Hook> hooks;

  void attach(const bpf_program* program, int ifindex, bpf::HookDirection direction) {
    const int fd = bpf_program__fd(program);
    auto hook = bpf::Hook::attach_tcx(fd, ifindex, direction);
    if (!hook) hook = bpf::Hook::attach_clsact(fd, ifindex, direction);
    require(hook.has_value(), "attach the oracle");
    hooks.push_back(*std::move(hook));
  }
};

Carried::Carried(const PathScene& scene)
    : impl_(std::make_unique<Impl>(Impl{.host = scene.host(), .hooks = {}})) {
  require(impl_->programs != nullptr, "load the oracle");
  const Inside guard(scene.host());
  const auto* programs = &impl_->programs->progs;
  impl_->attach(programs->note_received, scene.host().ifindex("cgt0"), bpf::HookDirection::ingress);
  for (const auto& pod : scene.pods()) {
    impl_->attach(programs->count_carried, scene.host().ifindex(pod->device()),
                  bpf::HookDirection::egress);
  }
}

Carried::~Carried() {
  const Inside guard(impl_->host);
  impl_->hooks.clear();
}

Traffic Carried::to(const PathPod& pod) const {
  struct {
    std::uint64_t packets = 0, bytes = 0;
  } sum;
  const auto device = static_cast<std::uint32_t>(impl_->host.ifindex(pod.device()));
  (void)bpf_map_lookup_elem(bpf_map__fd(impl_->programs->maps.carried), &device, &sum);
  Traffic traffic;
  traffic.rx_packets.value = sum.packets;
  traffic.rx_bytes.value = sum.bytes;
  return traffic;
}

}  // namespace cgtally::harness
