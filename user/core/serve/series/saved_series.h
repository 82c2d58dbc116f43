// SPDX-License-Identifier: Apache-2.0
// The saved state of `serve` as text: the counters that a scrape may have seen, and the reading of
// the ledger that they belong to. Whatever the ledger counted while no `serve` ran is the
// difference to that reading.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/serve/series/series_book.h"
#include "core/traffic/reading.h"

namespace cgtally::serve {

struct SavedSeries {
  SavedBook book;
  Reading reading;                             // its time, ledger and accounts
  std::map<std::uint64_t, std::string> names;  // paths of the reading's cgroups
};

[[nodiscard]] std::string saved_series_text(const SavedSeries& saved);
// The Error names the line that is wrong.
[[nodiscard]] Result<SavedSeries> parse_saved_series(std::string_view text);

}  // namespace cgtally::serve
