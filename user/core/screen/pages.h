// SPDX-License-Identifier: Apache-2.0
// The pages beside the table of accounts: one account in detail, the bursts, the credits, the help.
// Each returns all of its lines; Screen shows those that fit.
#pragma once

#include <string>
#include <vector>

#include "core/screen/content.h"
#include "core/screen/frame.h"
#include "core/screen/rows.h"

namespace cgtally::screen {

// `row`: nullptr if the account has gone.
[[nodiscard]] std::vector<Line> account_page(const Content& content, const View& view,
                                             const Row* row, const Size& size);
[[nodiscard]] std::vector<Line> bursts_page(const Content& content, const Size& size);
[[nodiscard]] std::vector<Line> credits_page(const Content& content, const Size& size,
                                             Nanoseconds warn);
[[nodiscard]] std::vector<Line> help_page(bool replay, const Size& size);

}  // namespace cgtally::screen
