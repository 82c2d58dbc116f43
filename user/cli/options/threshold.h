// SPDX-License-Identifier: Apache-2.0
// The threshold of bursts and of record --bursts: its option, windows that are fine enough for it,
// and a notice if the ledger's windows are not.
#pragma once

#include <string>

#include "cli/options/common.h"
#include "core/bursts/threshold.h"
#include "monitor/session/session.h"

namespace cgtally::cli {

void add_threshold_option(CLI::App& command, ThresholdRequest& wish, const std::string& help,
                          const std::string& fallback);

// Sets how often the programs that this run may load read the clock: as often as the threshold
// needs.
void cut_finely_enough(CommonOptions& options, const Threshold& threshold);

// Tells the user if the session's windows are not those that the options ask for.
void say_differences(const monitor::Session& session, const CommonOptions& options,
                     const Threshold& threshold);

}  // namespace cgtally::cli
