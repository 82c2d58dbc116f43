// SPDX-License-Identifier: Apache-2.0
// Compares what was booked with what the devices themselves counted, about once a second while
// somebody counts, and says when a direction of an interface becomes blind: once, with who runs
// before ours; and once more when it sees again.
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

class CoverageMonitor {
 public:
  CoverageMonitor(std::string host_root, Notices& notices)
      : host_root_(std::move(host_root)), notices_(notices) {}

  // Just before the accounts are read: what the device counts later cannot be missed in them. Does
  // nothing if the last look was less than a second ago.
  void look(const std::function<std::vector<CountedInterface>()>& interfaces, Nanoseconds now);
  // Just after. Reports what has changed.
  void compare(const std::vector<AccountTotals>& accounts);

  // The lower share of both directions; none where too little was carried to tell.
  [[nodiscard]] std::optional<double> seen(std::string_view interface_name) const;

 private:
  struct Watched {
    CountedInterface interface;
    Coverage coverage;
    std::array<bool, 2> told{};  // that it is blind: ingress, egress
    Nanoseconds skip_until{};    // boot time; it could not be looked at
  };
  void follow(std::vector<CountedInterface> interfaces);
  void judge(Watched& watched, bpf::HookDirection direction, bool blind,
             std::optional<double> share) const;

  std::string host_root_;
  Notices& notices_;
  std::map<InterfaceKey, Watched> watched_;
  std::map<InterfaceKey, Result<DeviceSnapshot>> looks_;  // not compared yet
  std::optional<Nanoseconds> looked_;                     // boot time
};

}  // namespace cgtally::monitor
