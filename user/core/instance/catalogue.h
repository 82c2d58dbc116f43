// SPDX-License-Identifier: Apache-2.0
// The table of instance types: the baseline and burst that the provider grants each, and the prior
// for the capacity that it does not publish.
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
  bool burst_known = true;  // if false, `burst` is the baseline: no credits are counted on
  std::uint32_t vcpus = 0;  // 0: unknown
  std::string source;
};

// Instance types by name. adapters/ec2 fills it from the shipped table and the user's own, which
// overrides it row by row; the catalogue reads no files.
class Catalogue {
 public:
  Catalogue() = default;
  // Replaces a type of the same name.
  void add(InstanceType type);
  [[nodiscard]] const InstanceType* find(std::string_view name) const;
  // Names that a user who typed `name` may have meant, likeliest first.
  [[nodiscard]] std::vector<std::string> near(std::string_view name, std::size_t most = 3) const;
  [[nodiscard]] const std::vector<InstanceType>& types() const { return types_; }
  // The next larger type of the same family that grants at least `baseline`.
  [[nodiscard]] const InstanceType* larger(const InstanceType& than, BitRate baseline) const;

 private:
  std::vector<InstanceType> types_;  // by name
};

// "t4g" of "t4g.micro", "cache.t4g" of "cache.t4g.micro".
[[nodiscard]] std::string_view family_of(std::string_view name);
// The generation of the family's hardware: 8 of "m8g.large" and "cache.m8g.large"; 0 if the name
// has none.
[[nodiscard]] unsigned generation_of(std::string_view name);

// The prior capacity of each of the two buckets: a wide range, without an upper bound for types
// that measurements never emptied. Formula: [m / 2, max(2 m, 300 s x (burst - baseline))], where m
// is the baseline times the refill time of the size class. Source of the times: c5, 24 runs of 2019
// (Uta et al., NSDI 2020, own evaluation of their raw data): large 2490, xlarge 4447, 2xlarge 7574,
// 4xlarge 10754 Gbit, which is 3320, 3557, 3029 and 2151 s of the baseline.
[[nodiscard]] ByteRange prior_capacity(const InstanceType& type);
[[nodiscard]] CreditTerms terms_of(const InstanceType& type);

}  // namespace cgtally
