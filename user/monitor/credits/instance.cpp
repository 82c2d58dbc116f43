// SPDX-License-Identifier: Apache-2.0
// From options, firmware, metadata service and table to the terms of one instance.
#include "monitor/credits/instance.h"

#include <fmt/core.h>

#include <algorithm>

#include "adapters/ec2/dmi.h"
#include "adapters/ec2/imds.h"
#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

constexpr const char* kWhatToTell =
    "give --instance TYPE, or --baseline, --burst and --bucket; on EC2 --imds asks the metadata "
    "service";

bool figures_told(const InstanceOptions& options) { return options.baseline && options.burst; }

Result<void> check(const InstanceOptions& options) {
  if (options.weighting != Weighting::standard && options.baseline) {
    return std::unexpected(
        usage_error("--weighting moves the table's baseline, and --baseline is given",
                    "leave one of them out"));
  }
  if (!options.instance.empty() && options.imds) {
    return std::unexpected(
        usage_error("--instance tells the type, and --imds asks for it", "leave one of them out"));
  }
  return {};
}

// Where figures are told, an unknown machine is no error.
Result<void> identify(const InstanceOptions& options, const std::string& host_root,
                      Instance& instance) {
  if (options.imds) {
    auto identity = ec2::ask_imds();
    if (!identity) return std::unexpected(std::move(identity).error());
    instance.name = identity->type;
    instance.instance_id = identity->instance_id;
    instance.source = IdentitySource::imds;
    return {};
  }
  auto identity = ec2::read_dmi(host_root);
  if (identity) {
    instance.instance_id = identity->instance_id;
  }
  if (!options.instance.empty()) {
    instance.name = options.instance;
    instance.source = IdentitySource::told;
  } else if (identity) {
    instance.name = identity->type;
    instance.source = IdentitySource::dmi;
  } else if (!figures_told(options)) {
    Error error = std::move(identity).error();
    error.hint = kWhatToTell;
    return std::unexpected(std::move(error));
  }
  return {};
}

// A quarter of the baseline moves between network and volumes. The burst of the side that gains
// stays; the other side's falls: by the same amount, it is assumed.
void weigh(Weighting weighting, InstanceType& type, std::vector<std::string>& notes) {
  if (weighting == Weighting::standard) return;
  const std::uint64_t moved = type.baseline.bits_per_second / 4;
  if (weighting == Weighting::vpc_1) {
    type.baseline.bits_per_second += moved;
  } else {
    type.baseline.bits_per_second -= moved;
    if (type.burst > BitRate{2 * moved}) {
      type.burst.bits_per_second -= moved;
    }
  }
  type.burst = std::max(type.burst, type.baseline);
  notes.push_back(
      fmt::format("weighting {}: a quarter of the baseline is taken to move; AWS says up to that",
                  weighting == Weighting::vpc_1 ? "vpc-1" : "ebs-1"));
  if (generation_of(type.name) < 8) {
    notes.push_back(fmt::format(
        "weighting is known of types from the 8th generation on, and {} is none", type.name));
  }
}

Result<InstanceType> figures_of(const InstanceOptions& options, Instance& instance) {
  InstanceType type{.name = instance.name, .baseline = {}, .burst = {}, .source = "told"};
  if (instance.catalogue.types.find(instance.name) == nullptr) {
    if (auto assumed = instance.catalogue.types.assumed(instance.name)) {
      instance.catalogue.types.add(*std::move(assumed));
    }
  }
  const InstanceType* row =
      instance.name.empty() ? nullptr : instance.catalogue.types.find(instance.name);
  instance.figures_told = figures_told(options);
  if (row != nullptr) {
    type = *row;
    if (!type.assumed_of.empty()) instance.notes.push_back(assumption_note(type));
    weigh(options.weighting, type, instance.notes);
    if (!type.burst_known && !options.burst) {
      instance.notes.push_back(
          fmt::format("the table has no burst rate for {}: no credits are counted on", type.name));
    }
  } else if (!instance.figures_told) {
    return std::unexpected(unknown_type(instance.name, instance.catalogue));
  }
  type.baseline = options.baseline.value_or(type.baseline);
  type.burst = options.burst.value_or(type.burst);
  if (type.burst < type.baseline) {
    return std::unexpected(
        usage_error(fmt::format("the burst, {}, is below the baseline, {}",
                                format_bit_rate(type.burst), format_bit_rate(type.baseline)),
                    "give both; where there are no credits they are the same"));
  }
  return type;
}

}  // namespace

std::string_view identity_source_name(IdentitySource source) {
  switch (source) {
    case IdentitySource::told:
      return "TOLD";
    case IdentitySource::dmi:
      return "DMI";
    case IdentitySource::imds:
      return "IMDS";
    case IdentitySource::none:
      break;
  }
  return "none";
}

InstanceName shown_name(const Instance& instance) {
  const std::string& date = instance.catalogue.date;
  return {.name = instance.name,
          .source = std::string(identity_source_name(instance.source)),
          .remark = instance.figures_told || date.empty() ? "" : fmt::format("table of {}", date)};
}

std::string assumption_note(const InstanceType& type) {
  return fmt::format("{} is taken for EC2's {} (assumed: AWS publishes none)", printable(type.name),
                     printable(type.assumed_of));
}

Error unknown_type(const std::string& name, const ec2::LoadedCatalogue& catalogue) {
  std::string meant;
  auto all_near = catalogue.types.near(name);
  if (all_near.empty()) all_near = catalogue.types.near(ec2_name_of(name));
  for (const std::string& near : all_near) {
    meant += fmt::format("{}{}", meant.empty() ? "did you mean " : ", ", near);
  }
  if (!meant.empty()) {
    meant += "? ";
  }
  return usage_error(fmt::format("there is no instance type {} in the table of {}",
                                 shorten(printable(name), 40), catalogue.date),
                     fmt::format("{}--catalogue FILE adds types", meant));
}

Result<Instance> find_instance(const InstanceOptions& options, const std::string& host_root) {
  if (auto checked = check(options); !checked) return std::unexpected(std::move(checked).error());
  Instance instance;
  auto catalogue = ec2::load_catalogue(options.catalogue);
  if (!catalogue) return std::unexpected(std::move(catalogue).error());
  instance.catalogue = *std::move(catalogue);
  if (auto known = identify(options, host_root, instance); !known) {
    return std::unexpected(std::move(known).error());
  }
  const auto type = figures_of(options, instance);
  if (!type) return std::unexpected(type.error());
  instance.terms = terms_of(*type);
  if (options.baseline) {
    instance.terms.baseline_tolerance = 0;
  }
  if (options.bucket) {
    if (!instance.terms.has_credits()) {
      return std::unexpected(
          usage_error("--bucket for an instance without credits: its burst is its "
                      "baseline",
                      "leave it out, or give --burst"));
    }
    instance.terms.capacity = *options.bucket;
    instance.terms.capacity_basis = Basis::told;
  }
  return instance;
}

}  // namespace cgtally::monitor
