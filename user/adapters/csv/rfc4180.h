// SPDX-License-Identifier: Apache-2.0
// Writes and reads RFC 4180: fields to a line, and text to records. Lines end with LF when written,
// and with LF or CRLF when read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cgtally::csv {

// A spreadsheet takes a field that begins with one of = + - @ for a formula and runs it, quoted or
// not, unless it is a number. A name that would be run gets an apostrophe in front, as people write
// it there. A name that has such a beginning after apostrophes of its own gets one, too, so that
// the name that was meant is always known.
[[nodiscard]] std::string guarded(std::string_view field);
[[nodiscard]] std::string_view unguarded(std::string_view field);
// Whole lines of a RecordWriter without the apostrophes that guarded() has added.
[[nodiscard]] std::string unguarded_lines(std::string_view lines);

// Lines of a CSV, built field by field; used by all CSVs of this folder. Quotes a field if it has
// to, and lets no field control the terminal of a reader, see printable(), or a spreadsheet, see
// guarded(). So a line is one row. Does not check the number of fields.
class RecordWriter {
 public:
  RecordWriter& add(std::string_view field);
  RecordWriter& add(std::uint64_t number);
  RecordWriter& add_if_known(std::optional<std::uint64_t> number);  // none: an empty field
  RecordWriter& add_written(std::string_view fields);  // as a RecordWriter has written them
  [[nodiscard]] std::string line() &&;                 // with its '\n'
  // For more than one line: ends this one, and the next field begins another.
  void end_line();
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void separate();

  std::string text_;
  bool empty_ = true;
};

// Whose a CSV is: a RecordWriter has written ours, with guarded() names.
enum class Origin : std::uint8_t { ours, foreign };

// The records of a CSV (or of text with another separator), one after the other, each with the
// number of the line on which it begins. Does not know the columns.
class RecordReader {
 public:
  explicit RecordReader(std::istream& in, char separator = ',', Origin origin = Origin::foreign)
      : in_(in), separator_(separator), origin_(origin) {}

  // Reads the next record; false at the end. An Error names the line.
  [[nodiscard]] Result<bool> next();

  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  [[nodiscard]] std::size_t line() const {
    return record_line_;
  }  // the line on which the record begins
  [[nodiscard]] bool terminated() const { return terminated_; }  // false: the last line has no '\n'

 private:
  Result<bool> read_line();
  Result<void> split();
  void add_field(std::string_view field);
  Result<void> read_quoted(std::size_t& at);

  std::istream& in_;
  char separator_;
  Origin origin_;
  std::string text_;
  std::vector<std::string> fields_;
  std::size_t line_ = 0;
  std::size_t record_line_ = 0;
  bool terminated_ = false;
};

}  // namespace cgtally::csv
