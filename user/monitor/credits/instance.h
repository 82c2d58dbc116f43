// SPDX-License-Identifier: Apache-2.0
// The instance that this machine is and what its provider grants it: the settings that name them,
// and the way from those to the terms of its credits. A given figure beats the table; the firmware
// is asked before anything on the network, and the metadata service only with --imds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/ec2/catalogue_file.h"
#include "core/base/result.h"
#include "core/credits/bucket.h"
#include "core/credits/report.h"
#include "core/instance/credit_terms.h"

namespace cgtally::monitor {

enum class Weighting : std::uint8_t { standard, vpc_1, ebs_1 };

struct InstanceOptions {
  std::string instance;
  std::optional<BitRate> baseline;
  std::optional<BitRate> burst;
  std::optional<ByteRange> bucket;
  Weighting weighting = Weighting::standard;
  std::string catalogue;  // file; empty: the shipped table alone
  bool imds = false;
  BucketStart start = BucketStart::unknown;
};

// Where the type is from, or that there is none.
enum class IdentitySource : std::uint8_t { none, told, dmi, imds };
[[nodiscard]] std::string_view identity_source_name(IdentitySource source);  // "DMI"

struct Instance {
  std::string name;  // empty: only figures were told
  IdentitySource source = IdentitySource::none;
  std::string instance_id;    // empty: not known
  CreditTerms terms;          // of each direction
  bool figures_told = false;  // baseline and burst, not from the table
  ec2::LoadedCatalogue catalogue;
  std::vector<std::string> notes;  // what should be known of these terms; each a sentence
};

// "t4g.micro", "DMI", "table of 2026-08-02".
[[nodiscard]] InstanceName shown_name(const Instance& instance);

// Asks the firmware below host_root, and the metadata service if options say so.
[[nodiscard]] Result<Instance> find_instance(const InstanceOptions& options,
                                             const std::string& host_root);

// What is to be known of a type whose figures are those of another: a sentence.
[[nodiscard]] std::string assumption_note(const InstanceType& type);

// "there is no type t4g.mirco in the table", with what may have been meant.
[[nodiscard]] Error unknown_type(const std::string& name, const ec2::LoadedCatalogue& catalogue);

}  // namespace cgtally::monitor
