// SPDX-License-Identifier: Apache-2.0
// What the commands that estimate credits are told: of the instance, of the time before, where the
// state is kept, and when to warn.
#pragma once

#include <chrono>
#include <string>

#include "cli/options/instance.h"
#include "core/base/units.h"

namespace cgtally::cli {

struct CreditOptions {
  InstanceOptions instance;
  std::string start_from;  // a recording; empty: none
  std::string state_dir = "/var/lib/cgtally";
  Nanoseconds warn = std::chrono::minutes{10};
};
void add_credit_options(CLI::App& command, CreditOptions& options);
void add_state_dir_option(CLI::App& command, std::string& state_dir);

}  // namespace cgtally::cli
