// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/detach.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <unistd.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/cgroups/registry_programs.h"
#include "adapters/bpf/ledger/ledger_maps.h"
#include "adapters/bpf/programs/tcp_watch.h"
#include "adapters/netlink/links.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

void detach_link(const std::string& pin) {
  for (const std::string& path : {pin, pin + kUnfinishedPin}) {
    const sys::Fd link(bpf_obj_get(path.c_str()));
    // Detached explicitly: a reader or a suspended keeper may hold the link as well.
    if (link) (void)bpf_link_detach(link.get());
    ::unlink(path.c_str());
  }
}

Result<netns::Netns> netns_of(const cgt_interface& record, const FindNetns& find) {
  const std::string label(record.netns, strnlen(record.netns, sizeof(record.netns)));
  return find({.inode = record.netns_inode, .cookie = record.netns_cookie}, label);
}

Result<void> remove_filters(const cgt_interface& record, const FindNetns& find) {
  const auto where = netns_of(record, find);
  if (!where) {
    // A netns that has gone took its interfaces and their filters along.
    return where.error().code == ENOENT ? Result<void>{} : std::unexpected(where.error());
  }
  const auto entered = netns::Entered::enter(*where);
  if (!entered) return std::unexpected(entered.error());
  for (const auto direction : {HookDirection::egress, HookDirection::ingress}) {
    const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
    Hook::remove_filter(record.ifindex, direction,
                        {.preference = record.preference[at],
                         .program_id = record.program_id[at],
                         .next_program_id = record.next_program_id[at],
                         .made_qdisc = record.made_qdisc != 0});
  }
  return {};
}

Result<void> detach_hooks(const cgt_interface& record, const std::string& directory,
                          std::uint32_t key, const FindNetns& find) {
  for (const char* direction : {"ingress", "egress"}) {
    detach_link(fmt::format("{}/{}-{}", directory, key, direction));
  }
  // Both kinds, whatever the record says: a process may have been killed while it attached the
  // other.
  return remove_filters(record, find);
}

Result<void> detach_recorded(Ledger& ledger, const std::string& directory,
                             const std::pair<std::uint32_t, cgt_interface>& recorded,
                             const FindNetns& find, Nanoseconds now) {
  auto [key, record] = recorded;
  if (auto detached = detach_hooks(record, directory, key, find); !detached) return detached;
  if (record.hook == CGT_HOOK_NONE) return {};
  record.hook = CGT_HOOK_NONE;
  record.to_boot_ns = static_cast<std::uint64_t>(now.count());
  return ledger.put_interface(key, record);
}

// In each netns that was counted, of cgt_origin at the devices of pods. Links have no pins, and end
// with their process.
void remove_origins(const Ledger& ledger, const FindNetns& find) {
  const auto info = info_of(ledger.fd("cpus"));
  std::set<std::uint64_t> seen;
  for (const auto& [key, record] : ledger.interfaces()) {
    if (!info || !seen.insert(record.netns_inode).second) continue;
    const auto where = netns_of(record, find);
    const auto entered = where ? netns::Entered::enter(*where)
                               : Result<netns::Entered>(std::unexpected(where.error()));
    const auto links =
        entered ? netlink::list_links() : Result<std::vector<Interface>>(std::vector<Interface>{});
    for (const Interface& link : links ? *links : std::vector<Interface>{}) {
      if (link.kind == "veth" || link.kind == "netkit")
        remove_origin_filters(link.ifindex, info->id);
    }
  }
}

}  // namespace

FindNetns find_netns_below(std::string host_root) {
  return [host_root = std::move(host_root)](const NetnsId& id, const std::string& name) {
    return netns::Netns::find(id, name, host_root);
  };
}

Result<void> detach_interface(Ledger& ledger, const std::string& directory, InterfaceKey key,
                              const FindNetns& find, Nanoseconds now) {
  const auto all = ledger.interfaces();
  const auto found =
      std::ranges::find_if(all, [&](const auto& one) { return one.first == key.value; });
  return found == all.end() ? Result<void>{}
                            : detach_recorded(ledger, directory, *found, find, now);
}

Result<void> detach_everything(const OlderLedger& ledger, const std::string& directory,
                               const FindNetns& find, const OnDetached& on_detached) {
  const auto all = ledger.interfaces();
  std::size_t done = 0;
  for (const auto& [key, record] : all) {
    if (auto detached = detach_hooks(record, directory, key, find); !detached) return detached;
    if (on_detached) on_detached(++done, all.size());
  }
  return {};
}

Result<void> detach_everything(Ledger& ledger, const std::string& directory, const FindNetns& find,
                               Nanoseconds now, const OnDetached& on_detached) {
  const auto all = ledger.interfaces();
  std::size_t done = 0;
  for (const auto& recorded : all) {
    if (auto detached = detach_recorded(ledger, directory, recorded, find, now); !detached) {
      return detached;
    }
    if (on_detached) on_detached(++done, all.size());
  }
  remove_origins(ledger, find);
  ::unlink((directory + "/liveness").c_str());
  ::unlink(fmt::format("{}/{}", directory, kTcpWatchPin).c_str());
  return unpin_registry(directory);
}

}  // namespace cgtally::bpf
