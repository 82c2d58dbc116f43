// SPDX-License-Identifier: Apache-2.0
// Options that have a recording, or the figures of another monitor, judged by an instance's
// credits.
#pragma once

#include "monitor/offline/credit_replayer.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_replay_credit_options(CLI::App& command, monitor::ReplayCreditOptions& options);

}  // namespace cgtally::cli
