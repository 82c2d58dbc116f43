// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cgroups/cgroup_events.h"

#include <bpf/libbpf.h>
#include <cgroup_events.skel.h>
#include <fmt/core.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <cstddef>
#include <utility>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {

struct CgroupEvents::Impl {
  Skeleton<cgroup_events_bpf> programs;
  ring_buffer* ring = nullptr;
  const std::function<void(const CgroupEvent&)>* on_event = nullptr;  // only during drain()

  ~Impl() { ring_buffer__free(ring); }
  void deliver(const void* data, std::size_t size) const;
};

namespace {

constexpr std::size_t kHeaderLen = offsetof(cgt_cgroup_event, path);

CgroupEvent::Type type_of(std::uint32_t raw) {
  switch (raw) {
    case CGT_CGROUP_MADE:
      return CgroupEvent::Type::made;
    case CGT_CGROUP_BEGUN:
      return CgroupEvent::Type::begun;
    case CGT_CGROUP_ENDED:
      return CgroupEvent::Type::ended;
    default:
      return CgroupEvent::Type::removed;
  }
}

}  // namespace

void CgroupEvents::Impl::deliver(const void* data, std::size_t size) const {
  const auto* raw = static_cast<const cgt_cgroup_event*>(data);
  if (size < kHeaderLen || !on_event) return;
  const std::size_t room = size - kHeaderLen;
  std::string_view path(raw->path, std::min<std::size_t>(raw->path_len, room));
  path = path.substr(0, path.find('\0'));
  (*on_event)({.type = type_of(raw->type),
               .cgroup_id = raw->cgroup_id,
               .boot = Nanoseconds(raw->boot_ns),
               .path = path,
               .parent_id = raw->parent_id == 0 ? std::nullopt : std::optional(raw->parent_id)});
}

Result<CgroupEvents> CgroupEvents::open() {
  const LibbpfLog log;
  const auto failed = [&log](int code, const char* what) {
    Error error = sys::error_from(code, what, "see what is missing: cgtally doctor");
    if (const std::string words = log.last_words(); !words.empty()) {
      error.what += fmt::format(" ({})", words);
    }
    return std::unexpected(std::move(error));
  };
  auto impl = std::make_unique<Impl>();
  impl->programs.reset(cgroup_events_bpf::open_and_load());
  if (!impl->programs) return failed(errno, "load the cgroup programs");
  if (const int code = cgroup_events_bpf::attach(impl->programs.get()); code != 0) {
    return failed(-code, "attach to the kernel's cgroup tracepoints");
  }
  const auto on_sample = [](void* context, void* data, std::size_t size) {
    static_cast<const Impl*>(context)->deliver(data, size);
    return 0;
  };
  impl->ring = ring_buffer__new(bpf_map__fd(impl->programs->maps.cgt_events), on_sample, impl.get(),
                                nullptr);
  if (!impl->ring) return failed(errno, "open the ring buffer of cgroup events");
  return CgroupEvents(std::move(impl));
}

CgroupEvents::CgroupEvents(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CgroupEvents::CgroupEvents(CgroupEvents&&) noexcept = default;
CgroupEvents& CgroupEvents::operator=(CgroupEvents&&) noexcept = default;
CgroupEvents::~CgroupEvents() = default;

int CgroupEvents::fd() const { return ring_buffer__epoll_fd(impl_->ring); }

void CgroupEvents::drain(const std::function<void(const CgroupEvent&)>& on_event) {
  impl_->on_event = &on_event;
  ring_buffer__consume(impl_->ring);
  impl_->on_event = nullptr;
}

std::uint64_t CgroupEvents::lost() const {
  // Memory order: none needed, a counter that only grows and goes with nothing else.
  return __atomic_load_n(&impl_->programs->bss->lost, __ATOMIC_RELAXED);
}

}  // namespace cgtally::bpf
