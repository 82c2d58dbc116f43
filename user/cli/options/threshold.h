// SPDX-License-Identifier: Apache-2.0
// What bursts and record --bursts share: from options to a threshold, to windows that are fine
// enough for it, and the words where a ledger's are not.
#pragma once

#include <string>

#include "cli/options/common.h"
#include "core/bursts/threshold.h"
#include "monitor/bursts/burst_evidence.h"
#include "monitor/session/session.h"

namespace cgtally::cli {

void add_threshold_option(CLI::App& command, ThresholdRequest& wish,
                          const std::string& description);

// The gate of the programs that this run may load: as fine as the threshold needs it.
void cut_finely_enough(CommonOptions& options, const Threshold& threshold);

// Where the session's windows are not what was asked for.
void say_differences(const monitor::Session& session, const CommonOptions& options,
                     const Threshold& threshold);

}  // namespace cgtally::cli
