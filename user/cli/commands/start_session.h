// SPDX-License-Identifier: Apache-2.0
// Shared by live, record, bursts and credits: the options of a session, and the messages at its
// beginning and end.
#pragma once

#include "cli/options/common.h"
#include "core/live/run_summary.h"
#include "monitor/session/session.h"

namespace cgtally::cli {

[[nodiscard]] monitor::SessionOptions session_options(const CommonOptions& options);

void say_beginning(const monitor::Session& session, const CommonOptions& options);
void say_summary(const monitor::Session& session, const RunTotals& totals,
                 const CommonOptions& options);

}  // namespace cgtally::cli
