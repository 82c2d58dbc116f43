// SPDX-License-Identifier: Apache-2.0
#include "cli/options/threshold.h"

#include <fmt/core.h>

#include "cli/options/parsing.h"
#include "cli/output/messages.h"
#include "core/base/quantity.h"
#include "core/bursts/lines.h"

namespace cgtally::cli {
namespace {

// The default of a ledger is the most that is ever needed.
std::uint32_t needed_clock_read_bytes(const Threshold& threshold, Nanoseconds window) {
  return clock_read_bytes_for(threshold.least(), window,
                              monitor::SessionOptions{}.ledger.clock_read_bytes);
}

}  // namespace

void add_threshold_option(CLI::App& command, ThresholdRequest& wish, const std::string& help,
                          const std::string& fallback) {
  const auto parse = [&wish](const std::string& text) {
    const std::string wanted = "a share up to 100% such as 50%, or a rate such as 2Gbit";
    wish = accepted("--threshold", wanted, text, parse_threshold(text));
    if (wish.rate && kHighestRate < *wish.rate) refuse("--threshold", wanted, text);
  };
  add_parsed(command, {.name = "--threshold", .help = help, .fallback = fallback}, "SHARE|RATE",
             parse);
}

void cut_finely_enough(CommonOptions& options, const Threshold& threshold) {
  options.clock_read_bytes = needed_clock_read_bytes(threshold, options.window);
}

void say_differences(const monitor::Session& session, const CommonOptions& options,
                     const Threshold& threshold) {
  const monitor::WindowSettings settings = session.window_settings();
  if (settings.window > Nanoseconds::zero() && settings.window != options.window) {
    say(fmt::format(
        "the pinned ledger has windows of {}, not of {}; to use private programs with those: "
        "--private",
        format_length(settings.window), format_length(options.window)));
  } else if (settings.clock_read_bytes > needed_clock_read_bytes(threshold, settings.window)) {
    say(
        fmt::format("the pinned ledger reads the clock once in {} on each CPU: up to that many "
                    "bytes may lie in the window before; to cut finer: --private",
                    format_bytes(Bytes{settings.clock_read_bytes})));
  }
}

}  // namespace cgtally::cli
