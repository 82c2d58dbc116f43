// SPDX-License-Identifier: Apache-2.0
// Options that name an instance, its limits, and the place where its credits are kept across
// restarts.
#pragma once

#include <string>

#include "monitor/credits/credit_monitor.h"
#include "monitor/credits/instance.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_instance_options(CLI::App& command, monitor::InstanceOptions& options);
// Commands that estimate no credits of this machine have only these two.
void add_instance_option(CLI::App& command, std::string& instance);
void add_catalogue_option(CLI::App& command, std::string& catalogue);

// The options of add_instance_options(), and those of a running estimate.
void add_credit_options(CLI::App& command, monitor::CreditOptions& options);
void add_state_dir_option(CLI::App& command, std::string& state_dir);

}  // namespace cgtally::cli
