// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/turns.h"

#include "core/base/text.h"

namespace cgtally::series {
namespace {

constexpr std::size_t kMostWords = 16;
constexpr std::size_t kFewestRows = 4;

bool is_word(const std::string& text) {
  return !text.empty() && !is_digit(text.front()) && text.front() != '-' && text.front() != '.';
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
    const bool often = column.changes * 2 >= rows_ - 1;
    if (!column.words_only || !often || column.words.size() * 2 > rows_) continue;
    return Turns{.column = columns_[i], .words = {column.words.begin(), column.words.end()}};
  }
  return std::nullopt;
}

}  // namespace cgtally::series
