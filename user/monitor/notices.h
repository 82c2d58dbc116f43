// SPDX-License-Identifier: Apache-2.0
// Notices: sentences for the user that are no errors, because the counting goes on.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cgtally::monitor {

// The one way from the monitor's classes to the user. A command makes one, gives a reference to all
// that it starts, and says once where the sentences go: to stderr, below a screen, to the system's
// log. Until then they are kept, so that an error at the start stands alone. Nothing has to be
// fetched, so nothing can be forgotten. Knows no thread but the one that uses it.
class Notices {
 public:
  using Sink = std::function<void(const std::string& notice)>;

  Notices() = default;
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  void report(std::string notice) {
    if (sink_) {
      sink_(notice);
    } else {
      kept_.push_back(std::move(notice));
    }
  }

  // From here on each notice goes to `sink` at once; first those that were kept.
  void deliver_to(Sink sink) {
    sink_ = std::move(sink);
    for (const std::string& notice : std::exchange(kept_, {})) {
      sink_(notice);
    }
  }

 private:
  Sink sink_;
  std::vector<std::string> kept_;
};

}  // namespace cgtally::monitor
