// SPDX-License-Identifier: Apache-2.0
// What the provider grants each instance type, as a table with its date. The user's own table
// overrides it row by row. Knows nothing of files: text comes from the adapters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/credit_terms.h"
#include "core/result.h"
#include "core/units.h"

namespace cgtally {

struct InstanceType {
  std::string name;  // "t4g.micro", "cache.t4g.micro"
  BitRate baseline;
  BitRate burst;
  std::uint32_t vcpus = 0;  // 0: unknown
  std::string source;
};

class Catalogue {
 public:
  Catalogue() = default;
  // A type that is there already is replaced.
  void add(InstanceType type);
  [[nodiscard]] const InstanceType* find(std::string_view name) const;
  // Names that were perhaps meant, likeliest first.
  [[nodiscard]] std::vector<std::string> near(std::string_view name, std::size_t most = 3) const;
  [[nodiscard]] const std::vector<InstanceType>& types() const { return types_; }
  // The next larger type of the same family that grants at least `baseline`.
  [[nodiscard]] const InstanceType* larger(const InstanceType& than, BitRate baseline) const;

 private:
  std::vector<InstanceType> types_;  // by name
};

// A wide interval, open above where measurements say so; always called a prior. Both directions
// have one of their own.
[[nodiscard]] ByteRange prior_capacity(const InstanceType& type);
[[nodiscard]] CreditTerms terms_of(const InstanceType& type);

}  // namespace cgtally
