// SPDX-License-Identifier: Apache-2.0
// The last ends of each name: how long after them something was still lost, and what advice that
// supports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/lifecycle/row.h"

namespace cgtally::lifecycle {

// What a name is managed by, which decides the words of the advice.
enum class Manager : std::uint8_t { kubernetes, ecs, docker, podman, systemd, other };
[[nodiscard]] Manager manager_of(const Row& row);

// All that advice about a name rests on.
struct Evidence {
  std::string name;
  std::string container;  // the container's own name, or the unit's
  Manager manager = Manager::other;
  Ends ends;
  // Of all those ends.
  std::uint64_t refused = 0;      // inside the pod
  std::uint64_t late = 0;         // packets
  std::uint64_t connections = 0;  // of these
  std::set<std::string> siblings;
  bool still_came = false;  // some tail had not ended when it was last looked at
};

// Fed by `lifecycle` and `replay --lifecycle` with the rows of ends, in their order. Keeps a
// bounded number of names; those without a recent end go first.
class EndHistory {
 public:
  static constexpr std::size_t kEndsOfName = 10;
  static constexpr std::size_t kMostNames = 4096;

  // Returns what is known of the ends of the row's name, this one included.
  Ends add(const Row& row);
  // The names of which some end lost something, the longest tail first.
  [[nodiscard]] std::vector<Evidence> lossy() const;

 private:
  struct One {
    Nanoseconds tail{};
    bool lossy = false;
    bool so_far = false;
    std::uint64_t refused = 0;
    std::uint64_t late = 0;
    std::uint64_t connections = 0;
    std::string siblings;
  };
  struct Name {
    std::string container;
    Manager manager = Manager::other;
    std::deque<One> ends;  // the latest last
    std::uint64_t used = 0;
  };
  [[nodiscard]] static Ends ends_of(const Name& name);
  void forget_one();

  std::map<std::string, Name> names_;
  std::uint64_t uses_ = 0;
};

}  // namespace cgtally::lifecycle
