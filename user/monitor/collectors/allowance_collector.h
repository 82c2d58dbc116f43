// SPDX-License-Identifier: Apache-2.0
// Reads the allowance counters of the interfaces that are counted, once a second at most however
// often it is asked: each read is a command to the device. An interface whose driver has none of
// them is asked again only now and then.
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

class AllowanceCollector {
 public:
  AllowanceCollector(std::string host_root, Notices& notices);

  // Beside the reading of the ledger, whose packets are what the counters are a share of: the
  // device counts a super-packet as one.
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
    std::optional<Traffic> booked;
  };
  void read_all(AllowanceReading& reading);
  void read_one(Watched& watched, AllowanceReading& reading);
  void add_packets(const Reading& ledger, AllowanceReading& reading);

  std::string host_root_;
  Notices& notices_;
  RateLimiter pace_;
  std::map<InterfaceKey, Watched> watched_;
  Allowances allowances_;
  std::optional<Nanoseconds> last_;  // boot time
  bool complained_ = false;
};

}  // namespace cgtally::monitor
