// SPDX-License-Identifier: Apache-2.0
#include "cli/options/instance.h"

#include <CLI/CLI.hpp>
#include <map>

#include "cli/options/parsing.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

BitRate rate_from(const std::string& option, const std::string& text) {
  const BitRate rate = value_of(option, text, parse_bit_rate(text));
  if (rate.bits_per_second == 0) {
    throw_usage_error(option + " " + text + " is no rate at all", "give one such as 64Mbit");
  }
  return rate;
}

double size_from(const std::string& whole, const std::string& text) {
  return static_cast<double>(value_of("--bucket", whole, parse_bytes(text)).value);
}

// "26GB", "13GB..53GB", "13GB.." where nothing is known above.
ByteRange bucket_from(const std::string& text) {
  const std::size_t dots = text.find("..");
  ByteRange range{.lo = size_from(text, text.substr(0, dots)), .hi = std::nullopt};
  if (dots == std::string::npos) {
    range.hi = range.lo;
  } else if (dots + 2 < text.size()) {
    range.hi = size_from(text, text.substr(dots + 2));
  }
  if (range.hi && (*range.hi == 0 || *range.hi < range.lo)) {
    throw_usage_error(
        "--bucket " + text + (*range.hi == 0 ? " holds nothing" : " ends below its begin"),
        "give a size such as 26GB, or the least and the most: 13GB..53GB");
  }
  return range;
}

template <typename Value>
Value one_of(const std::string& option, const std::string& text,
             const std::map<std::string, Value>& values) {
  if (const auto found = values.find(text); found != values.end()) return found->second;
  std::string names;
  for (const auto& [name, value] : values) names += (names.empty() ? "" : ", ") + name;
  throw_usage_error(option + " " + text + " means nothing", "it is one of: " + names);
}

void add_rate(CLI::App& command, const std::string& option, std::optional<BitRate>& rate,
              const std::string& help) {
  command
      .add_option_function<std::string>(
          option, [option, &rate](const std::string& text) { rate = rate_from(option, text); },
          help)
      ->type_name("RATE");
}

}  // namespace

void add_instance_option(CLI::App& command, std::string& instance) {
  command.add_option("--instance", instance, "Instance type, such as t4g.micro or cache.t4g.micro")
      ->type_name("TYPE");
}

void add_catalogue_option(CLI::App& command, std::string& catalogue) {
  command
      .add_option("--catalogue", catalogue,
                  "CSV of types that overrides the built-in one:\n"
                  "instance_type,baseline_gbps,burst_gbps")
      ->type_name("FILE");
}

void add_instance_options(CLI::App& command, monitor::InstanceOptions& options) {
  add_instance_option(command, options.instance);
  add_rate(command, "--baseline", options.baseline, "Rate that never ends, instead of the type's");
  add_rate(command, "--burst", options.burst, "Rate while there are credits, likewise");
  command
      .add_option_function<std::string>(
          "--bucket", [&options](const std::string& text) { options.bucket = bucket_from(text); },
          "What the bucket holds when full, in each direction; or LO..HI")
      ->type_name("SIZE");
  command
      .add_option_function<std::string>(
          "--weighting",
          [&options](const std::string& text) {
            options.weighting =
                one_of<monitor::Weighting>("--weighting", text,
                                           {{"default", monitor::Weighting::standard},
                                            {"ebs-1", monitor::Weighting::ebs_1},
                                            {"vpc-1", monitor::Weighting::vpc_1}});
          },
          "The instance's bandwidth weighting: default, vpc-1 or ebs-1")
      ->type_name("NAME");
  add_catalogue_option(command, options.catalogue);
  command.add_flag("--imds", options.imds,
                   "Ask the instance metadata service for the type (1 s at most)");
  command
      .add_option_function<std::string>(
          "--start",
          [&options](const std::string& text) {
            options.start = one_of<BucketStart>("--start", text,
                                                {{"empty", BucketStart::empty},
                                                 {"full", BucketStart::full},
                                                 {"unknown", BucketStart::unknown}});
          },
          "What the bucket holds now: full, empty or unknown")
      ->type_name("STATE");
}

void add_credit_options(CLI::App& command, monitor::CreditOptions& options) {
  add_instance_options(command, options.instance);
  command
      .add_option("--start-from", options.start_from,
                  "Begin with what a recording says of the time before")
      ->type_name("FILE");
  add_state_dir_option(command, options.state_dir);
  command
      .add_option_function<std::string>(
          "--warn",
          [&options](const std::string& text) {
            options.warn = value_of("--warn", text, parse_duration(text));
          },
          "Warn when the credits end within this time (default 10m)")
      ->type_name("TIME");
}

void add_state_dir_option(CLI::App& command, std::string& state_dir) {
  command
      .add_option("--state-dir", state_dir,
                  "Where the state is kept across restarts\n(default /var/lib/cgtally)")
      ->type_name("DIR");
}

}  // namespace cgtally::cli
