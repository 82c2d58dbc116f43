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
  std::string assumed_of{};  // the EC2 type whose figures these are taken to be; empty: none
};

// Instance types by name. adapters/ec2 fills it from the shipped table and the user's own, which
// overrides it row by row; the catalogue reads no files.
class Catalogue {
 public:
  Catalogue() = default;
  // Replaces a type of the same name.
  void add(InstanceType type);
  [[nodiscard]] const InstanceType* find(std::string_view name) const;
  // A type of RDS (db.*), MSK (kafka.*) or OpenSearch (*.search) that is not in the table: AWS
  // publishes no bandwidth of these, so it is assumed to be that of the EC2 type they run on.
  [[nodiscard]] std::optional<InstanceType> assumed(std::string_view name) const;
  // Names that a user who typed `name` may have meant, likeliest first.
  [[nodiscard]] std::vector<std::string> near(std::string_view name, std::size_t most = 3) const;
  [[nodiscard]] const std::vector<InstanceType>& types() const { return types_; }
  // The next larger type of the same family that grants at least `baseline`.
  [[nodiscard]] const InstanceType* larger(const InstanceType& than, BitRate baseline) const;

 private:
  std::vector<InstanceType> types_;  // by name
};

// "m5.large" of "db.m5.large", "kafka.m5.large" and "m5.large.search".
[[nodiscard]] std::string_view ec2_name_of(std::string_view name);
// The most that goes through an internet gateway, in each direction: 5 Gbit/s below 32 vCPUs, from
// there on half of the bandwidth (5 Gbit/s at least). A type whose vCPUs are not known is taken as
// a small one. Source: "Amazon EC2 instance network bandwidth", EC2 User Guide.
[[nodiscard]] BitRate internet_limit(const InstanceType& type);
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
