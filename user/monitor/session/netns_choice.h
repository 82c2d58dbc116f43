// SPDX-License-Identifier: Apache-2.0
// The network namespaces that --netns chose, as they come, go and come back: names and globs are
// looked for again and again, as interfaces are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/netns/selection.h"
#include "core/base/rate_limiter.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "monitor/notices.h"
#include "monitor/session/interface_choice.h"

namespace cgtally::monitor {

// InterfaceSet has one, and asks it which namespaces to count in. A process that has ended is never
// looked for again: another one may get its id. Opens no namespace, so that it keeps none alive.
class NetnsChoice {
 public:
  // An Error if a name, a process or a path leads to no netns; a glob and `all` wait for one.
  // `notices` must outlive the result.
  static Result<NetnsChoice> open(const InterfaceChoice& choice, Notices& notices);

  // Looks again. Processes are searched for `all` once a second at most, and for 2 % of the time.
  void update(Nanoseconds now);
  // As of the last update(), each once. One with an empty label: that which cgtally runs in.
  [[nodiscard]] const std::vector<netns::SelectedNetns>& current() const { return current_; }
  [[nodiscard]] bool contains(std::uint64_t inode) const;

  // False if nothing was chosen: the netns that cgtally runs in neither comes nor goes.
  [[nodiscard]] bool may_change() const { return !chosen_.empty(); }
  // True if netns that come later may be counted, too.
  [[nodiscard]] bool may_grow() const;
  // True if a netns of this label that has gone would be counted again.
  [[nodiscard]] bool awaits(const std::string& label) const;
  // The chosen processes that have ended.
  [[nodiscard]] std::vector<std::string> ended() const;

 private:
  struct Chosen {
    std::string text;                    // as the user wrote it
    std::optional<std::uint64_t> inode;  // of a process; it is looked for in no other netns
    bool ended = false;                  // a process that has
  };

  NetnsChoice(std::string host_root, Notices& notices);
  Result<void> add(const std::string& text);
  void add_found(netns::SelectedNetns found);
  void find_process(Chosen& process);
  void take_census(Nanoseconds now);

  std::string host_root_;
  Notices* notices_;
  std::vector<Chosen> chosen_;
  std::vector<netns::SelectedNetns> current_;
  std::vector<netns::SelectedNetns> census_;  // all namespaces of the host, when last searched
  RateLimiter census_pace_;
  bool reported_limit_ = false;
};

}  // namespace cgtally::monitor
