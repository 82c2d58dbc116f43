// SPDX-License-Identifier: Apache-2.0
// Starts a session from the options that live, record and credits share, and prints the messages at
// its beginning and end.
#pragma once

#include <memory>

#include "cli/options/common.h"
#include "core/base/result.h"
#include "core/live/run_summary.h"
#include "monitor/event_loop.h"
#include "monitor/session/session.h"

namespace cgtally::cli {

// A session that counts. The poller of `loop` follows interfaces and cgroups that come and go; both
// `loop` and `notices` must outlive the session.
Result<std::unique_ptr<monitor::Session>> start_counting(const CommonOptions& options,
                                                         monitor::EventLoop& loop,
                                                         monitor::Notices& notices);

void say_beginning(const monitor::Session& session, const CommonOptions& options);
void say_summary(const monitor::Session& session, const RunTotals& totals,
                 const CommonOptions& options);

}  // namespace cgtally::cli
