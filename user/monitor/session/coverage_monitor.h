// SPDX-License-Identifier: Apache-2.0
// Compares what was counted with what the devices themselves counted, about once a second, and
// reports when a direction of an interface becomes blind: once, with the programs that run before
// ours; and once more when it sees its traffic again. In the same way it reports when more is
// counted than the device carries.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/health/coverage.h"
#include "core/traffic/reading.h"
#include "monitor/notices.h"
#include "monitor/session/device_snapshot.h"

namespace cgtally::monitor {

// Each session and the keeper have one, and call both functions around each reading of the totals.
// core/health/coverage.h decides what is blind; this class only measures and reports.
class CoverageMonitor {
 public:
  CoverageMonitor(std::string host_root, Notices& notices)
      : host_root_(std::move(host_root)), notices_(notices) {}

  // Just before the totals are read: what a device counts later cannot be missing in them. Does
  // nothing if the last sample is less than a second old. `now` is boot time.
  void sample_devices(const std::function<std::vector<CountedInterface>()>& interfaces,
                      Nanoseconds now);
  // Just after the totals were read.
  void evaluate(const std::vector<AccountTotals>& accounts);

  // The share of the worse direction, which is the one that is over, if any; empty if too little
  // passed to tell.
  [[nodiscard]] std::optional<double> coverage_of(std::string_view interface_name) const;

 private:
  struct Watched {
    CountedInterface interface;
    Coverage coverage;
    std::array<bool, 2> reported{};  // as blind: ingress, egress
    PerDirection<bool> reported_over;
    Nanoseconds skip_until{};  // boot time; its device could not be read
  };
  void report_change(Watched& watched, bpf::HookDirection direction, bool blind,
                     std::optional<double> share) const;
  void report_over(Watched& watched) const;
  [[nodiscard]] PerDirection<std::optional<OverCount>> confirmed_over(const Watched& watched) const;

  std::string host_root_;
  Notices& notices_;
  std::map<InterfaceKey, Watched> watched_;
  std::map<InterfaceKey, Result<DeviceSnapshot>> snapshots_;  // not evaluated yet
  std::optional<Nanoseconds> last_sample_;                    // boot time
};

}  // namespace cgtally::monitor
