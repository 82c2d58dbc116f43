// SPDX-License-Identifier: Apache-2.0
// The counting as a command sees it: either private programs and a private ledger, which are gone
// when the command ends, or the pinned ledger, which the command only reads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/bpf/ledger/windows.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "core/traffic/account.h"
#include "core/traffic/ledger_summary.h"
#include "core/traffic/reading.h"
#include "monitor/notices.h"
#include "monitor/session/device_snapshot.h"
#include "monitor/session/session_options.h"

namespace cgtally::monitor {

// How finely time is cut; fixed when the programs are loaded.
struct WindowSettings {
  Nanoseconds window{};                // zero: no windows are kept
  std::uint32_t clock_read_bytes = 0;  // counted between two reads of the clock
};

// Used by live, record, bursts and credits, which need not know which of both it is. Hands out
// totals, and what is needed to interpret them; computes no rates, and prints nothing.
class Session {
 public:
  // Reads the pinned ledger if one is up and covers the choice; else attaches private programs.
  // Signals must be blocked before: from here on something may have to be detached. `notices` must
  // outlive the session.
  static Result<std::unique_ptr<Session>> start(const SessionOptions& options, Notices& notices);

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  // From here on the poller's callbacks follow interfaces and cgroups that come and go. It must
  // outlive the session.
  virtual Result<void> follow_changes(sys::Poller& poller) = 0;
  [[nodiscard]] virtual Reading read() = 0;
  [[nodiscard]] virtual AccountName name_of(std::uint64_t cgroup_id) const = 0;
  [[nodiscard]] virtual std::string interface_name(InterfaceKey key) const = 0;
  // The interfaces that are attached now, with what is needed to read their devices.
  [[nodiscard]] virtual std::vector<CountedInterface> counted_interfaces() = 0;
  // "eth0, eth1 (tcx)".
  [[nodiscard]] virtual std::string describe_interfaces() const = 0;
  // False while the pinned ledger is down: totals stand still, whatever the traffic is.
  [[nodiscard]] virtual bool is_counting() const { return true; }
  [[nodiscard]] virtual LedgerSummary ledger_summary() const = 0;
  [[nodiscard]] virtual RunCost cost() const = 0;
  // The share (0 to 1) of what the device lately counted that our programs saw, in the worse
  // direction; empty if too little passed to tell.
  [[nodiscard]] virtual std::optional<double> coverage_of(
      std::string_view interface_name) const = 0;
  // As of the last read(), or the start.
  [[nodiscard]] virtual std::vector<InterfaceKey> attached() const = 0;
  [[nodiscard]] virtual WindowSettings window_settings() const = 0;
  // The windows of an interface that is counted. The mapping outlives the session.
  [[nodiscard]] virtual Result<bpf::Windows> windows(InterfaceKey key) const = 0;
  // The account of a slot that a window names. Right for windows that began less than a ring
  // length (256 windows) ago, and for older ones if retire_generation() has not changed since.
  [[nodiscard]] virtual std::optional<Account> account_of_slot(std::uint32_t slot) = 0;
  [[nodiscard]] virtual std::uint64_t retire_generation() const = 0;
  // The accounts that were retired or folded before the first read(), as far back as the ledger has
  // them; of the interfaces that are shown.
  [[nodiscard]] virtual std::vector<FinalTotals> earlier_final_totals() { return {}; }
  // The account that stands for a cgroup's own: another one only if accounts are summed by names.
  [[nodiscard]] virtual Account account_of(const Account& account) { return account; }
  // Then an account may have more in a window than the error of one slot.
  [[nodiscard]] virtual bool sums_accounts() const { return false; }

 protected:
  Session() = default;
};

}  // namespace cgtally::monitor
