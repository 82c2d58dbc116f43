// SPDX-License-Identifier: Apache-2.0
// Numbers as monitors of all countries write them. "1,234" may be a thousand or little more than
// one: the other numbers of the file tell which, or the user does; otherwise it is an Error. What
// stands for a missing value ("", NaN, null) is missing, never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally {

enum class DecimalMark : std::uint8_t { unknown, point, comma };

// One number; `other` is the value that it has with the other decimal mark, if it has one and the
// mark is not known yet. `value` is then that with a decimal point.
struct ReadNumber {
  double value = 0;  // NaN: missing
  std::optional<double> other = {};
};

// Reads the numbers of one file, and learns its decimal mark from them. Used by the builder of a
// series, which keeps the numbers that were in doubt until settle() says what they are.
class NumberReader {
 public:
  explicit NumberReader(DecimalMark told = DecimalMark::unknown) : mark_(told) {}

  // The Error says why the text is not an amount: it is no number, negative, or contradicts the
  // decimal mark of earlier numbers.
  [[nodiscard]] Result<ReadNumber> read(std::string_view text);
  // The mark as far as it is known.
  [[nodiscard]] DecimalMark mark() const { return mark_; }
  // A number that has two readings and needs a mark: "1,234"; empty if there was none.
  [[nodiscard]] const std::string& in_doubt() const { return in_doubt_; }

  // True if a number of four digits or more had no mark: thousands are not separated.
  [[nodiscard]] bool has_long() const { return has_long_; }

 private:
  [[nodiscard]] Result<ReadNumber> with_separators(std::string_view text);
  [[nodiscard]] Result<ReadNumber> with_commas(const std::string& digits);
  [[nodiscard]] Result<ReadNumber> with_points(const std::string& digits, double value);
  [[nodiscard]] Result<void> learn(DecimalMark mark, std::string_view from);

  DecimalMark mark_;
  std::string learned_from_;
  std::string in_doubt_;
  bool has_long_ = false;
  std::uint32_t plain_points_ = 0;  // numbers such as "1.234" that were taken for decimals
};

// "1.23457E+12", as spreadsheets and awk show large numbers: the last digits are gone.
[[nodiscard]] bool lacks_digits(std::string_view text);

}  // namespace cgtally
