// SPDX-License-Identifier: Apache-2.0
// The counting as live and record see it, whoever does it: programs of this command's own, for as
// long as it runs, or the pinned ledger that is up. What the user should hear goes to
// the Notices that it is started with.
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
#include "monitor/session/interface_choice.h"

namespace cgtally::monitor {

struct SessionOptions {
  InterfaceChoice choice;
  std::uint32_t slots = 4096;
  std::string bpffs;
  bool private_ledger = false;  // even if a pinned one is up
  // Of windows that this run makes; a ledger that is up has its own.
  Nanoseconds window = std::chrono::milliseconds{1};
  std::uint32_t clock_read_bytes = 16'384;
};

// How finely time is cut: fixed when the programs were loaded.
struct WindowTerms {
  Nanoseconds window{};                // zero: no windows are kept
  std::uint32_t clock_read_bytes = 0;  // the clock is read again after so many
};

class Session {
 public:
  // The ledger that is up, if it counts what is asked for; else attaches. Signals must be blocked
  // before: from here on something may be there to be detached. `notices` must outlive it.
  static Result<std::unique_ptr<Session>> start(const SessionOptions& options, Notices& notices);

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  virtual Result<void> offer_to(sys::Poller& poller) = 0;
  [[nodiscard]] virtual Reading read() = 0;
  [[nodiscard]] virtual AccountName name_of(std::uint64_t cgroup_id) const = 0;
  [[nodiscard]] virtual std::string interface_name(InterfaceKey key) const = 0;
  // With what it takes to look at them in other ways.
  [[nodiscard]] virtual std::vector<CountedInterface> counted_interfaces() = 0;
  // "eth0, eth1 (tcx)".
  [[nodiscard]] virtual std::string counted() const = 0;
  // False while nobody counts: totals stand still, and say nothing of the traffic.
  [[nodiscard]] virtual bool counting() const { return true; }
  [[nodiscard]] virtual LedgerSummary status() const = 0;
  [[nodiscard]] virtual RunCost cost() const = 0;
  // CoverageShare of what the device itself counted lately that came by; none where nobody can
  // tell.
  [[nodiscard]] virtual std::optional<double> seen(std::string_view interface_name) const = 0;
  // As of the last read(), or the start.
  [[nodiscard]] virtual std::vector<InterfaceKey> attached() const = 0;
  [[nodiscard]] virtual WindowTerms window_terms() const = 0;
  // Those of an interface that is counted. The mapping outlives the session.
  [[nodiscard]] virtual Result<bpf::Windows> windows(InterfaceKey key) const = 0;
  // Whom a slot belongs to that a window names; ask within a lap of the windows, or while
  // retire_generation() stands still.
  [[nodiscard]] virtual std::optional<Account> owner_of(std::uint32_t slot) = 0;
  [[nodiscard]] virtual std::uint64_t retire_generation() const = 0;

 protected:
  Session() = default;
};

}  // namespace cgtally::monitor
