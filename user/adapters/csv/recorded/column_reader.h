// SPDX-License-Identifier: Apache-2.0
// Reads a CSV of cgtally by the names of its columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/csv/rfc4180.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::csv {

// One record after the other. Strict: the first field that cannot be read is an Error with its line
// and column, and so is a row of another length; columns that a later version appended are ignored.
class ColumnReader {
 public:
  // `hint`: what to give instead of a file that cannot be read.
  static Result<ColumnReader> open(std::istream& in, std::string name, std::string hint);
  // An Error if the file has no such column.
  [[nodiscard]] Result<void> need(const std::vector<std::string_view>& columns) const;

  // Reads the next record; false at the end. Headers between records are skipped: files may have
  // been joined by cat.
  [[nodiscard]] Result<bool> next();

  // Of the record that was read. `column` must be one that was needed.
  [[nodiscard]] const std::string& text(std::string_view column) const;
  std::uint64_t number(std::string_view column);
  std::optional<std::uint64_t> number_if_known(std::string_view column);
  std::optional<double> decimal_if_known(std::string_view column);
  double share(std::string_view column);  // 0 if the field is empty
  Nanoseconds nanoseconds(std::string_view column);
  Nanoseconds time(std::string_view column);
  void reject(std::string_view column, std::string_view expected);
  // To be asked after the fields of a record.
  [[nodiscard]] Result<void> good() const;

 private:
  ColumnReader(std::istream& in, std::string name, std::string hint)
      : record_(in, ',', Origin::ours), name_(std::move(name)), hint_(std::move(hint)) {}
  [[nodiscard]] Error at_line(const std::string& what) const;

  RecordReader record_;
  std::string name_;
  std::string hint_;
  std::vector<std::string> header_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::optional<std::string> wrong_;
};

}  // namespace cgtally::csv
