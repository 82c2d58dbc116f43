// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

namespace cgtally::cli {

void add_commands(CLI::App& app, std::function<int()>& run) {
  add_live(app, run);
  add_record(app, run);
  add_credits(app, run);
  add_bursts(app, run);
  add_serve(app, run);
  add_totals(app, run);
  add_lifecycle(app, run);
  add_replay(app, run);
  add_report(app, run);
  add_compare(app, run);
  add_size(app, run);
  add_up(app, run);
  add_down(app, run);
  add_status(app, run);
  add_doctor(app, run);
  add_selftest(app, run);
}

}  // namespace cgtally::cli
