// SPDX-License-Identifier: Apache-2.0
// Files and directories below the host's root that others wrote, perhaps to do harm: read bounded,
// without waiting and without a side effect, and never through a link out of that root. What is
// there and is not read is said.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/sys/fd.h"

namespace cgtally::containers {

// One search for a name has one. Opens nothing but regular files and directories: a device may do
// something when it is opened. Keeps the first refusal, does not judge contents.
class HostFiles {
 public:
  static constexpr std::size_t kMostOfFile = std::size_t{4} << 20U;
  static constexpr int kMostNames = 16'384;

  explicit HostFiles(const std::string& host_root) : root_(host_root) {}

  // The whole file; nothing if it is not there, or refused.
  [[nodiscard]] std::optional<std::string> content_of(const std::string& path);
  // All names in the directory, or none; false if it has too many, so that no one of them is
  // taken for the only one of its kind.
  using OnName = std::function<void(std::string_view name)>;
  bool for_each_name(const std::string& path, const OnName& on_name);
  // For what the content says: "is not JSON".
  void refuse(const std::string& path, const std::string& why);

  // "/run/x/config.json is larger than 4 MiB"; empty if all that is there was taken.
  [[nodiscard]] const std::string& refused() const { return refused_; }

 private:
  sys::Fd open(const std::string& path, int flags);
  [[nodiscard]] sys::Fd open_file(const std::string& path, std::size_t& size);

  const std::string& root_;
  std::string refused_;
};

}  // namespace cgtally::containers
