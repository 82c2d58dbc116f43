// SPDX-License-Identifier: Apache-2.0
// What a provider grants an instance in one direction, and how sure that is: a baseline that never
// ends, a burst above it, and a bucket of credits in between. Every figure says where it is from:
// told by the user, learned from this machine, from the table of types, or a prior.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/byte_range.h"
#include "core/base/units.h"

namespace cgtally {

enum class Basis : std::uint8_t { told, learned, prior };
[[nodiscard]] std::string_view basis_name(Basis basis);  // "told"

// A capacity that was measured on another instance of the same type, or earlier on this one, with
// the spread that real buckets have shown.
[[nodiscard]] ByteRange learned_elsewhere(double bytes);
[[nodiscard]] ByteRange learned_here(double bytes);

struct CreditTerms {
  BitRate baseline;
  BitRate burst;  // equal to the baseline: there are no credits
  ByteRange capacity;
  Basis capacity_basis = Basis::prior;
  // How far the baseline that is enforced may be from the one that is given, as a share: 0 where it
  // was told; a provider's table does not say whether headers below IP are charged.
  double baseline_tolerance = 0;

  [[nodiscard]] bool has_credits() const { return burst > baseline; }
};

}  // namespace cgtally
