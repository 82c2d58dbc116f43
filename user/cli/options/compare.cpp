// SPDX-License-Identifier: Apache-2.0
#include "cli/options/compare.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/options/parsing.h"

namespace cgtally::cli {
namespace {

constexpr double kMostRatio = 1'000;

// Above 0.
std::optional<double> positive_number(std::string_view text) {
  double value = 0;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || end != text.data() + text.size() || !(value > 0)) return std::nullopt;
  return value;
}

double share_of(const std::string& text) {
  const auto value = text.ends_with('%')
                         ? positive_number(std::string_view(text).substr(0, text.size() - 1))
                         : std::nullopt;
  if (!value || *value > 100) {
    refuse("--share", "above 0% and at most 100%", text,
           "such as 10% for one mirrored request in ten");
  }
  return *value / 100;
}

}  // namespace

void add_expectation_options(CLI::App& command, compare::CompareOptions& options) {
  add_parsed(command,
             {.name = "--share",
              .help = "Share of the original's requests that is mirrored, such as 10%",
              .fallback = "100%"},
             "SHARE", [&options](const std::string& text) { options.share = share_of(text); });
  std::vector<std::string> units{"auto"};
  for (const auto name : compare::kUnitNames.all()) units.emplace_back(name);
  add_choice(command,
             {.name = "--unit",
              .help = "What counts as a request: a received connection, a received packet with "
                      "payload, or only bytes of payload",
              .fallback = "auto: connections if both sides have at most three packets with payload "
                          "for each, else packets"},
             std::move(units), [&options](std::size_t chosen) {
               if (chosen > 0) options.unit = static_cast<compare::Unit>(chosen - 1);
             });
  add_parsed(command,
             {.name = "--ratio",
              .help = "What the mirror receives for each mirrored request of the original, if that "
                      "differs, such as 1.5 packets for each; learn: from the series, which "
                      "hides what is missing all the time",
              .fallback = "1; of packets learnt where loss cannot be the cause"},
             "NUMBER|learn", [&options](const std::string& text) {
               options.learn = text == "learn";
               if (options.learn) return;
               options.ratio = positive_number(text);
               if (options.ratio && *options.ratio <= kMostRatio) return;
               refuse("--ratio", "learn, or above 0 and at most 1000", text,
                      "such as 1.5 where a mirrored request has three packets for two");
             });
}

}  // namespace cgtally::cli
