// SPDX-License-Identifier: Apache-2.0
// AllowanceCollector: the allowance counters of the interfaces that are counted.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/rate_limiter.h"
#include "core/base/result.h"
#include "core/instance/allowance_counters.h"
#include "core/traffic/reading.h"
#include "monitor/notices.h"
#include "monitor/session/device_snapshot.h"

namespace cgtally::monitor {

// One reading of the counters against the reading before.
struct AllowanceDelta {
  Moment taken;
  Nanoseconds interval{};  // zero: the first one, which is the base
  bool any = false;        // an interface has at least one of the counters
  std::vector<AllowanceStep> steps;
};

// Reads the counters once a second at most, however often it is called, because each read is a
// command to the device. An interface whose driver lacks them is asked again every 30 s. The
// Monitor and `status` own one. Does not judge what the counters say.
class AllowanceCollector {
 public:
  AllowanceCollector(std::string host_root, Notices& notices);

  // Right after `reading`: its packets are what the counters are a share of, as the device counts a
  // super-packet as one. None if it is too early.
  std::optional<AllowanceDelta> update(
      const Reading& reading, const std::function<std::vector<CountedInterface>()>& interfaces);
  [[nodiscard]] const Allowances& allowances() const { return allowances_; }
  // Names of the interfaces that have none of the counters.
  [[nodiscard]] std::vector<std::string> without() const;

 private:
  struct Watched {
    CountedInterface interface;
    bool has_any = false;
    Nanoseconds skip_until{};  // boot time
    std::optional<Traffic> counted;
  };
  void follow_interfaces(std::vector<CountedInterface> interfaces);
  void read_all(AllowanceReading& reading);
  void read_one(Watched& watched, AllowanceReading& reading);
  void add_packets(const Reading& ledger, AllowanceReading& reading);

  std::string host_root_;
  Notices& notices_;
  RateLimiter pace_;
  std::map<InterfaceKey, Watched> watched_;
  Allowances allowances_;
  std::optional<Nanoseconds> last_;  // boot time
  bool failure_reported_ = false;
};

}  // namespace cgtally::monitor
