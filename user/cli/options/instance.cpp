// SPDX-License-Identifier: Apache-2.0
#include "cli/options/instance.h"

#include <fmt/core.h>

#include <array>

#include "cli/options/parsing.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

constexpr const char* kBucket = "a size such as 26GB, or a range such as 13GB..53GB";

// "26GB", "13GB..53GB", or "13GB.." if nothing is known of the most that the bucket may hold.
ByteRange bucket_from(const std::string& text) {
  const auto size_of = [&text](const std::string& part) {
    const Bytes size = accepted("--bucket", kBucket, text, parse_bytes(part));
    if (kAnySize.most < size) refuse("--bucket", "at most 1000TB", text);
    return static_cast<double>(size.value);
  };
  const std::size_t dots = text.find("..");
  ByteRange range{.lo = size_of(text.substr(0, dots))};
  if (dots == std::string::npos) {
    range.hi = range.lo;
  } else if (dots + 2 < text.size()) {
    range.hi = size_of(text.substr(dots + 2));
  }
  if (range.hi == 0) {
    refuse("--bucket", "greater than 0", text);
  }
  if (range.hi < range.lo) {
    refuse("--bucket", "a range that ends above its beginning", text,
           "write the least size first: 13GB..53GB");
  }
  return range;
}

void add_weighting_option(CLI::App& command, monitor::Weighting& weighting) {
  using enum monitor::Weighting;
  static constexpr std::array kValues{standard, vpc_1, ebs_1};
  add_choice(command,
             {.name = "--weighting",
              .help = "Bandwidth weighting that the instance is configured with",
              .fallback = "default"},
             {"default", "vpc-1", "ebs-1"},
             [&weighting](std::size_t chosen) { weighting = kValues.at(chosen); });
}

void add_start_option(CLI::App& command, BucketStart& start) {
  using enum BucketStart;
  static constexpr std::array kValues{full, empty, unknown};
  add_choice(command,
             {.name = "--start",
              .help = "Balance of the bucket when the estimate begins",
              .fallback = "unknown"},
             {"full", "empty", "unknown"},
             [&start](std::size_t chosen) { start = kValues.at(chosen); });
}

}  // namespace

void add_instance_option(CLI::App& command, std::string& instance) {
  add_text(command,
           {.name = "--instance", .help = "Instance type, such as t4g.micro or cache.t4g.micro"},
           "TYPE", instance);
}

void add_catalogue_option(CLI::App& command, std::string& catalogue) {
  add_text(command,
           {.name = "--catalogue",
            .help = "CSV of instance types that overrides the built-in table; its columns are "
                    "instance_type, baseline_gbps and burst_gbps"},
           "FILE", catalogue);
}

void add_instance_options(CLI::App& command, monitor::InstanceOptions& options) {
  add_instance_option(command, options.instance);
  add_rate(command,
           {.name = "--baseline",
            .help = "Rate that the instance can sustain without credits, instead of the type's"},
           kAnyPositiveRate, into(options.baseline));
  add_rate(command,
           {.name = "--burst",
            .help = "Rate of the instance while it has credits, instead of the type's"},
           kAnyPositiveRate, into(options.burst));
  add_parsed(command,
             {.name = "--bucket",
              .help = "Size of the full bucket of each direction, such as 26GB, or the range in "
                      "which it lies: 13GB..53GB",
              .fallback = "estimated from the type"},
             "SIZE", [&options](const std::string& text) { options.bucket = bucket_from(text); });
  add_weighting_option(command, options.weighting);
  add_catalogue_option(command, options.catalogue);
  add_flag(command,
           {.name = "--imds",
            .help = "Ask the instance metadata service for the type; takes 1 s at most"},
           options.imds);
  add_start_option(command, options.start);
}

void add_credit_options(CLI::App& command, monitor::CreditOptions& options) {
  add_instance_options(command, options.instance);
  add_text(command,
           {.name = "--start-from",
            .help = "Recording from which the balance at the beginning is computed"},
           "FILE", options.start_from);
  add_state_dir_option(command, options.state_dir);
  add_time(
      command,
      {.name = "--warn", .help = "Warn if the credits may end within this time", .fallback = "10m"},
      kAnyTime, into(options.warn));
}

void add_state_dir_option(CLI::App& command, std::string& state_dir) {
  add_text(command,
           {.name = "--state-dir",
            .help = "Directory in which the estimate is kept across restarts",
            .fallback = state_dir},
           "DIR", state_dir);
}

}  // namespace cgtally::cli
