// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/turns.h"

#include "core/base/text.h"
#include "core/series/numbers.h"

namespace cgtally::series {
namespace {

constexpr std::size_t kMostWords = 16;
constexpr std::size_t kFewestRows = 4;
constexpr std::size_t kDaysOfAWeek = 7;

// Neither a figure nor what stands for a missing one.
bool is_word(const std::string& text) {
  return !text.empty() && !is_digit(text.front()) && !NumberReader().read(text).has_value();
}

}  // namespace

void TurnWatch::see(const std::vector<std::string>& fields) {
  ++rows_;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = seen_[i];
    if (!column.words_only) continue;
    const std::string& field = fields[columns_[i]];
    if (rows_ > 1 && field == column.last) continue;
    column.changes += rows_ > 1 ? 1 : 0;
    column.last = field;
    column.words.insert(field);
    column.words_only = is_word(field) && column.words.size() <= kMostWords;
  }
}

std::optional<TurnWatch::Turns> TurnWatch::turns() const {
  if (rows_ < kFewestRows) return std::nullopt;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = seen_[i];
    // A state that flaps changes less often.
    const bool often = column.changes * 4 >= (rows_ - 1) * 3;
    const bool repeated = column.words.size() * 2 <= rows_;
    const bool days = column.words.size() == kDaysOfAWeek;
    if (!column.words_only || !often || !repeated || days) continue;
    return Turns{.column = columns_[i], .words = {column.words.begin(), column.words.end()}};
  }
  return std::nullopt;
}

}  // namespace cgtally::series
