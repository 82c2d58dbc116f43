// SPDX-License-Identifier: Apache-2.0
// The answer of `cgtally size`: the workload, the instance types, and the text around their rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/sizing/sizing.h"

namespace cgtally::monitor {

struct SizeOptions {
  std::vector<std::string> files;
  std::vector<std::string> interfaces;
  series::ReadOptions read;  // of files of other monitors
  std::optional<Bytes> response;
  std::optional<std::uint64_t> rps;
  std::optional<Bytes> request;
  sizing::GivenLimits limits;
  std::string types;
  std::string instance;
  std::string catalogue;
  std::size_t top = 10;
  csv::RowFile rows;
};

// The text of the screen. Writes the CSV first, if the options name one.
[[nodiscard]] Result<std::string> size_text(const SizeOptions& options);

}  // namespace cgtally::monitor
