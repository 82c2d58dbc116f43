// SPDX-License-Identifier: Apache-2.0
// What the provider grants each instance type, as a table with its date. The user's own table
// overrides it row by row. Knows nothing of files: text comes from the adapters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/instance/credit_terms.h"

namespace cgtally {

struct InstanceType {
  std::string name;  // "t4g.micro", "cache.t4g.micro"
  BitRate baseline;
  BitRate burst;
  bool burst_known = true;  // else it is the baseline: no credits are counted on
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

// "t4g" of "t4g.micro", "cache.t4g" of "cache.t4g.micro".
[[nodiscard]] std::string_view family_of(std::string_view name);
// Of the family's hardware: 8 of "m8g.large" and of "cache.m8g.large"; 0: the name does not say.
[[nodiscard]] unsigned generation_of(std::string_view name);

// A wide interval, open above where measurements say so; always called a prior. Both directions
// have one of their own. Measured on c5 (24 runs of 2019, Uta et al., NSDI 2020, own evaluation of
// their raw data): large 2490, xlarge 4447, 2xlarge 7574, 4xlarge 10754 Gbit, which is 3320, 3557,
// 3029 and 2151 s of the baseline. Other types are scaled by size class and baseline.
[[nodiscard]] ByteRange prior_capacity(const InstanceType& type);
[[nodiscard]] CreditTerms terms_of(const InstanceType& type);

}  // namespace cgtally
