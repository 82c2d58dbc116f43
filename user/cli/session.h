// SPDX-License-Identifier: Apache-2.0
// The counting itself, as a command sees it: the ledger and its programs, the names of cgroups, and
// the interfaces of each netns, followed as they come, go and change their addresses. What the user
// should hear of it is kept as notices: only the command knows where they can be shown.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroup_events.h"
#include "adapters/bpf/tally.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/sys/poller.h"
#include "cli/place.h"
#include "core/reading.h"
#include "core/result.h"
#include "core/summary.h"

namespace cgtally::cli {

struct SessionOptions {
  std::vector<std::string> interfaces;
  std::vector<std::string> netns;
  std::string host_root;
  std::uint32_t slots = 4096;
};

class Session {
 public:
  // Attaches. Signals must be blocked before: from here on something is there to be detached.
  static Result<std::unique_ptr<Session>> start(const SessionOptions& options);

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  Result<void> offer_to(sys::Poller& poller);

  [[nodiscard]] Reading read();

  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const {
    return names_.name_of(cgroup_id);
  }
  [[nodiscard]] std::string interface_name(InterfaceKey key) const;
  // "eth0, eth1 by tcx".
  [[nodiscard]] std::string counted() const;

  [[nodiscard]] LedgerStatus status() const;
  [[nodiscard]] RunCost cost() const;
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  using Places = std::vector<std::unique_ptr<Place>>;  // their addresses are in poller callbacks

  Session(bpf::Tally tally, bpf::CgroupEvents events, std::string cgroup_mount, Places places);
  static Result<Places> open_places(const SessionOptions& options);
  Result<void> attach_first();
  void take_cgroup_events();
  void let_go_of_ended_netns();
  void sample_cost();
  void name_attachments(const Place& place);

  bpf::Tally tally_;
  bpf::CgroupEvents events_;
  cgroupfs::Names names_;
  std::string cgroup_mount_;
  std::uint64_t lost_events_ = 0;
  Places places_;
  sys::Poller* poller_ = nullptr;  // whom our descriptors were offered to
  std::map<InterfaceKey, std::string> interface_names_;
  std::string ledger_;
  Moment since_;
  std::optional<Nanoseconds> first_read_;  // boot time
  Nanoseconds last_read_{};
  std::uint64_t readings_ = 0;
  std::optional<std::uint64_t> runs_before_;  // set while the cost is measured
  std::vector<std::string> notices_;
};

}  // namespace cgtally::cli
