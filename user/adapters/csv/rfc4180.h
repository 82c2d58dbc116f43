// SPDX-License-Identifier: Apache-2.0
// RFC 4180, both ways: fields to a line, and text to records with the number of the line they begin
// on. Knows nothing of columns. Lines end with LF when written; CRLF is understood when read.
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

// One line, field by field, each in quotes where it needs them.
class RecordWriter {
 public:
  RecordWriter& add(std::string_view field);
  RecordWriter& add(std::uint64_t number);
  RecordWriter& add_if_known(std::optional<std::uint64_t> number);  // else an empty field
  [[nodiscard]] std::string line() &&;                              // with its '\n'

 private:
  void separate();

  std::string text_;
  bool empty_ = true;
};

class RecordReader {
 public:
  explicit RecordReader(std::istream& in) : in_(in) {}

  // The next record; false at the end. An error names its line.
  [[nodiscard]] Result<bool> next();

  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  [[nodiscard]] std::size_t line() const { return record_line_; }  // where the record begins
  [[nodiscard]] bool terminated() const { return terminated_; }    // its line had an end

 private:
  bool read_line();
  Result<void> split();
  Result<void> read_quoted(std::size_t& at);

  std::istream& in_;
  std::string text_;
  std::vector<std::string> fields_;
  std::size_t line_ = 0;
  std::size_t record_line_ = 0;
  bool terminated_ = false;
};

}  // namespace cgtally::csv
