// SPDX-License-Identifier: Apache-2.0
// The bandwidth that a provider grants an instance in one direction: a baseline without end, a
// burst above it, and a bucket of credits that pays for the burst. Source: "Amazon EC2 instance
// network bandwidth", EC2 User Guide; the bucket's size is not published, so it carries its Basis.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/byte_range.h"
#include "core/base/units.h"

namespace cgtally {

// The origin of a figure, the most reliable first: told by the user, learned from an exhaustion of
// this machine's credits, or estimated from measurements of other instance types. The names are
// those of the CSV column `basis`.
enum class Basis : std::uint8_t { told, learned, prior };
[[nodiscard]] std::string_view basis_name(Basis basis);  // "told"
[[nodiscard]] std::optional<Basis> parse_basis(std::string_view name);

// A capacity that was measured on another instance of the same type (+-9 %), or earlier on this one
// (+-3 %), with the spread that real buckets have shown.
[[nodiscard]] ByteRange learned_elsewhere(double bytes);
[[nodiscard]] ByteRange learned_here(double bytes);

struct CreditTerms {
  BitRate baseline;
  BitRate burst;  // equal to the baseline if there are no credits
  ByteRange capacity;
  Basis capacity_basis = Basis::prior;
  // The distance that the enforced baseline may have from the given one, as a share: 0 if the user
  // told it; the provider's table does not say whether headers below IP are charged.
  double baseline_tolerance = 0;

  [[nodiscard]] bool has_credits() const { return burst > baseline; }
};

}  // namespace cgtally
