// SPDX-License-Identifier: Apache-2.0
// What live and record share: from options to a session that counts, and the words at its beginning
// and end.
#pragma once

#include <memory>

#include "cli/options/common.h"
#include "core/base/result.h"
#include "core/live/run_summary.h"
#include "monitor/event_loop.h"
#include "monitor/session/session.h"

namespace cgtally::cli {

// Attaches, and lets the poller of `rounds` follow what happens to interfaces and cgroups.
// `notices` must outlive the session.
Result<std::unique_ptr<monitor::Session>> start_counting(const CommonOptions& options,
                                                         monitor::EventLoop& rounds,
                                                         monitor::Notices& notices);

void say_beginning(const monitor::Session& session, const CommonOptions& options);
void say_summary(const monitor::Session& session, const RunTotals& totals,
                 const CommonOptions& options);

}  // namespace cgtally::cli
