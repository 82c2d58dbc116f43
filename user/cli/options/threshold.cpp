// SPDX-License-Identifier: Apache-2.0
#include "cli/options/threshold.h"

#include "cli/options/parsing.h"
#include "cli/output/messages.h"
#include "core/base/quantity.h"
#include "core/bursts/lines.h"

namespace cgtally::cli {

void add_threshold_option(CLI::App& command, ThresholdRequest& wish, const std::string& help,
                          const std::string& fallback) {
  const auto parse = [&wish](const std::string& text) {
    wish = accepted("--threshold", "a share up to 100% such as 50%, or a rate such as 2Gbit", text,
                    parse_threshold(text));
  };
  add_parsed(command, {.name = "--threshold", .help = help, .fallback = fallback}, "SHARE|RATE",
             parse);
}

void cut_finely_enough(CommonOptions& options, const Threshold& threshold) {
  options.clock_read_bytes = clock_read_bytes_for(threshold.least(), options.window);
}

void say_differences(const monitor::Session& session, const CommonOptions& options,
                     const Threshold& threshold) {
  const monitor::WindowTerms terms = session.window_terms();
  if (terms.window > Nanoseconds::zero() && terms.window != options.window) {
    say("the ledger that is up has windows of " + format_length(terms.window) + ", not of " +
        format_length(options.window) + ": for those, count for this run alone with --private");
  } else if (terms.clock_read_bytes > clock_read_bytes_for(threshold.least(), terms.window)) {
    say("the ledger that is up looks at the clock once in " +
        format_bytes(Bytes{terms.clock_read_bytes}) +
        ": so much, on each CPU, may lie in the window before; to cut finer: --private");
  }
}

}  // namespace cgtally::cli
