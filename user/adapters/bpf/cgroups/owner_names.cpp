// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cgroups/owner_names.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sys/error.h"
#include "core/base/text.h"

namespace cgtally::bpf {
namespace {

// The ids, as far as they can be listed while nobody else writes.
std::vector<std::uint64_t> owner_ids(int fd) {
  std::vector<std::uint64_t> ids;
  std::uint64_t before = 0;
  std::uint64_t id = 0;
  while (ids.size() < CGT_OWNER_NAMES &&
         bpf_map_get_next_key(fd, ids.empty() ? nullptr : &before, &id) == 0) {
    ids.push_back(id);
    before = id;
  }
  return ids;
}

std::string next_text(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  std::string text(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return text;
}

}  // namespace

std::size_t OwnerNames::room() { return CGT_OWNER_NAMES; }

std::optional<RememberedOwner> OwnerNames::find(std::uint64_t cgroup_id) const {
  cgt_owner_name raw;
  if (bpf_map_lookup_elem(fd_, &cgroup_id, &raw) != 0) return std::nullopt;
  std::string_view rest(raw.text, sizeof(raw.text));
  RememberedOwner owner;
  // What remember() wrote passes unchanged.
  for (SharedText* part : {&owner.name.container, &owner.name.pod, &owner.name.k8s_namespace}) {
    *part = printable(next_text(rest));
  }
  owner.path = next_text(rest);
  return owner;
}

Result<void> OwnerNames::remember(std::uint64_t cgroup_id, const RememberedOwner& owner,
                                  Nanoseconds seen) const {
  cgt_owner_name raw{};
  raw.seen_ns = static_cast<std::uint64_t>(seen.count());
  std::string text;
  for (const SharedText* part :
       {&owner.name.container, &owner.name.pod, &owner.name.k8s_namespace}) {
    text += part->str();
    text += '\0';
  }
  if (text.size() >= sizeof(raw.text)) return {};
  if (text.size() + owner.path.size() < sizeof(raw.text)) text += owner.path;
  text.copy(raw.text, sizeof(raw.text) - 1);
  if (bpf_map_update_elem(fd_, &cgroup_id, &raw, BPF_ANY) == 0) return {};
  return std::unexpected(sys::error_from(errno, "remember the name of a container"));
}

std::size_t OwnerNames::size() const { return owner_ids(fd_).size(); }

void OwnerNames::forget_oldest(const std::function<bool(std::uint64_t cgroup_id)>& wanted) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all;  // when seen, and id
  const std::vector<std::uint64_t> ids = owner_ids(fd_);
  for (const std::uint64_t id : ids) {
    cgt_owner_name raw;
    if (!wanted(id) && bpf_map_lookup_elem(fd_, &id, &raw) == 0) all.emplace_back(raw.seen_ns, id);
  }
  std::ranges::sort(all);
  all.resize(std::min(all.size(), ids.size() / 2));
  for (const auto& [seen, id] : all) bpf_map_delete_elem(fd_, &id);
}

}  // namespace cgtally::bpf
