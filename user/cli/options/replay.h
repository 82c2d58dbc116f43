// SPDX-License-Identifier: Apache-2.0
// Options with which replay judges a recording, or the figures of another monitor, by an instance's
// network credits.
#pragma once

#include "monitor/offline/credit_replayer.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_replay_credit_options(CLI::App& command, monitor::ReplayCreditOptions& options);
// What may be told about files of other monitors; of replay and size.
void add_series_options(CLI::App& command, series::ReadOptions& options);

}  // namespace cgtally::cli
