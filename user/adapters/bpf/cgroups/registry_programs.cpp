// SPDX-License-Identifier: Apache-2.0
// A pin is replaced by renaming the new one over it, so the new program runs before the old one
// ends. For a moment both write the same values, which is harmless. A keeper that is killed in
// between leaves a pin with the temporary name, which the next keeper removes.
#include "adapters/bpf/cgroups/registry_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <registry.skel.h>
#include "cgtally/abi.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr std::array kPins = {"cgroup_mkdir", "cgroup_rmdir", "cgroup_release", "cgroup_populated"};

Error failed(const LibbpfLog& log, int code, const std::string& what) {
  Error error = sys::error_from(code, what, "see what is missing: cgtally doctor");
  if (const std::string words = log.last_words(); !words.empty()) {
    error.what += fmt::format(" ({})", words);
  }
  return error;
}

// As the BPF object declares it, so that the programs can use it.
Result<sys::Fd> create_like(const bpf_map* map) {
  const LibbpfLog log;
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = bpf_map__map_flags(map);
  sys::Fd fd(bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
                            bpf_map__value_size(map), bpf_map__max_entries(map), &options));
  if (!fd) {
    return std::unexpected(
        failed(log, errno, fmt::format("create the map {}", bpf_map__name(map))));
  }
  return fd;
}

Result<void> remove_pin(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(sys::error_from(errno, "remove the pin " + path));
}

}  // namespace

struct RegistryPrograms::Impl {
  Skeleton<registry_bpf> programs;

  [[nodiscard]] std::array<bpf_link*, kPins.size()> links() const {
    const auto& all = programs->links;
    return {all.cgt_reg_mkdir, all.cgt_reg_rmdir, all.cgt_reg_release, all.cgt_reg_populated};
  }
};

Result<RegistryMaps> RegistryMaps::create() {
  const LibbpfLog log;
  const Skeleton<registry_bpf> programs(registry_bpf::open());
  if (!programs) return std::unexpected(failed(log, errno, "open the cgroup registry"));
  auto names = create_like(programs->maps.cgt_names);
  if (!names) return std::unexpected(std::move(names).error());
  auto removed = create_like(programs->maps.cgt_removed);
  if (!removed) return std::unexpected(std::move(removed).error());
  auto missed = create_like(programs->maps.cgt_missed);
  if (!missed) return std::unexpected(std::move(missed).error());
  auto lives = create_like(programs->maps.cgt_lives);
  if (!lives) return std::unexpected(std::move(lives).error());
  return RegistryMaps{*std::move(names), *std::move(removed), *std::move(missed),
                      *std::move(lives)};
}

Result<RegistryPrograms> RegistryPrograms::create(const RegistryFds& shared) {
  const LibbpfLog log;
  auto impl = std::make_unique<Impl>();
  impl->programs.reset(registry_bpf::open());
  if (!impl->programs) return std::unexpected(failed(log, errno, "open the cgroup registry"));
  const auto& maps = impl->programs->maps;
  const std::array given = {
      std::pair{maps.cgt_names, shared.names}, std::pair{maps.cgt_removed, shared.removed},
      std::pair{maps.cgt_missed, shared.missed}, std::pair{maps.cgt_lives, shared.lives}};
  for (const auto& [map, fd] : given) {
    if (const int code = bpf_map__reuse_fd(map, fd); code != 0) {
      return std::unexpected(failed(log, -code, "use the maps of the cgroup registry"));
    }
  }
  if (const int code = registry_bpf::load(impl->programs.get()); code != 0) {
    return std::unexpected(failed(log, -code, "load the cgroup registry"));
  }
  if (const int code = registry_bpf::attach(impl->programs.get()); code != 0) {
    return std::unexpected(failed(log, -code, "attach to the kernel's cgroup tracepoints"));
  }
  return RegistryPrograms(std::move(impl));
}

RegistryPrograms::RegistryPrograms(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RegistryPrograms::RegistryPrograms(RegistryPrograms&&) noexcept = default;
RegistryPrograms& RegistryPrograms::operator=(RegistryPrograms&&) noexcept = default;
RegistryPrograms::~RegistryPrograms() = default;

Result<void> RegistryPrograms::pin(const std::string& directory) {
  const auto links = impl_->links();
  for (std::size_t i = 0; i < kPins.size(); ++i) {
    auto pinned = replace_pin(bpf_link__fd(links[i]), fmt::format("{}/{}", directory, kPins[i]));
    if (!pinned) return pinned;
  }
  return {};
}

std::uint64_t RegistryPrograms::missed() const {
  const std::uint32_t only = 0;
  std::uint64_t count = 0;
  bpf_map_lookup_elem(bpf_map__fd(impl_->programs->maps.cgt_missed), &only, &count);
  return count;
}

Result<void> unpin_registry(const std::string& directory) {
  for (const char* name : kPins) {
    const std::string path = fmt::format("{}/{}", directory, name);
    for (const std::string& pin : {path, path + kUnfinishedPin}) {
      if (auto removed = remove_pin(pin); !removed) return removed;
    }
  }
  return {};
}

}  // namespace cgtally::bpf
