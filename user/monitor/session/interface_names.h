// SPDX-License-Identifier: Apache-2.0
// The names under which interfaces are shown when several netns are counted: the plain name, unless
// another counted netns has an interface of that name; then NAME@NETNS. An interface of the netns
// that cgtally runs in always has its plain name. Names for screens, CSV and notices all come from
// here.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "core/traffic/account.h"
#include "monitor/session/device_snapshot.h"

namespace cgtally::monitor {

// An interface, and the netns in which it has its name.
struct InterfaceInNetns {
  InterfaceKey key;
  std::string name;
  std::uint64_t netns_inode = 0;
  std::string netns;  // as --netns named it; empty: the netns that cgtally runs in
};

// The names of the interfaces that a session, or `status`, shows. A name once given stays until the
// interface is renamed: rows of a CSV file belong together, so a later interface of the same name
// does not rename the earlier one. Does not know what is attached; the caller says which interfaces
// are counted.
class InterfaceNames {
 public:
  // The names of so many that have gone are kept, those of the latest.
  static constexpr std::size_t kMostGone = 4096;

  // Names those of `counted` that have no name yet, and those whose own name has changed.
  void add(std::span<const InterfaceInNetns> counted);
  // Gives the name as it stands: of a pseudo-interface.
  void add(InterfaceKey key, const std::string& name) {
    names_.try_emplace(key, Named{.own = name, .shown = name, .netns = {}, .may_go = false});
  }
  void clear() {
    names_.clear();
    shown_.clear();
  }

  // "#7" for a key that was never added.
  [[nodiscard]] std::string name_of(InterfaceKey key) const;
  [[nodiscard]] bool contains(InterfaceKey key) const { return names_.contains(key); }
  [[nodiscard]] bool empty() const { return names_.empty(); }

 private:
  struct Named {
    std::string own;
    std::string shown;
    std::string netns;
    bool may_go = true;
  };
  void forget_oldest(std::span<const InterfaceInNetns> counted);

  std::map<InterfaceKey, Named> names_;  // also of interfaces that have gone
  // By netns and name: what comes back has the name that it was shown under.
  std::map<std::pair<std::string, std::string>, std::string> shown_;
};

// The same of what a ledger records.
[[nodiscard]] std::vector<InterfaceInNetns> in_netns(std::span<const bpf::InterfaceRecord> records);
[[nodiscard]] CountedInterface counted_interface(const bpf::InterfaceRecord& record,
                                                 const InterfaceNames& names);

}  // namespace cgtally::monitor
