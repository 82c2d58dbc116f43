// SPDX-License-Identifier: Apache-2.0
// JSON lines from the records of a CSV: an object for each, with the columns as keys. So each kind
// of row has one list of columns and one place that fills it, whatever form is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cgtally::csv {

// A column means the same in each CSV, so its name says what its values are. Numbers are those with
// a unit or a count; text is the rest: times, names and words.
enum class ColumnKind : bool { number, text };
[[nodiscard]] ColumnKind kind_of_column(std::string_view name);

// Knows the columns of one CSV. FileSink owns one if it writes JSON lines. Each object has all
// keys, in the order of the columns; an empty field is null. Whole numbers are written digit by
// digit as the CSV has them, also above 2^53.
class JsonLines {
 public:
  explicit JsonLines(std::string_view header);

  // `record` is a line of the CSV, with its '\n'; so is what returns.
  [[nodiscard]] std::string line(std::string_view record) const;
  // Whether `line` is an object with just these keys in this order, as line() writes it; or, if
  // the line has no end, begins as one.
  [[nodiscard]] bool wrote(std::string_view line) const;

 private:
  struct Key {
    std::string text;  // "\"time\":"
    ColumnKind kind;
  };
  std::vector<Key> keys_;
};

}  // namespace cgtally::csv
