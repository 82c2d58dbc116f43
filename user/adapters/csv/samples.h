// SPDX-License-Identifier: Apache-2.0
// Writes and reads the samples CSV. Reading is strict: a field that cannot be read is an Error with
// its line. Columns are found by name, and columns that a later version appended are ignored.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "adapters/csv/rfc4180.h"
#include "core/base/result.h"
#include "core/traffic/sample.h"

namespace cgtally::csv {

[[nodiscard]] std::string samples_header();                   // one line, with its '\n'
[[nodiscard]] std::string samples_row(const Sample& sample);  // likewise

// Many rows in one text. There may be thousands of them ten times a second: what the samples of one
// reading have in common is formatted once.
class SampleRows {
 public:
  void add(const Sample& sample);
  [[nodiscard]] const std::string& text() const { return rows_.text(); }

 private:
  [[nodiscard]] bool begins_like_last(const Sample& sample) const;

  RecordWriter rows_;
  Sample last_;        // only what its row begins with
  std::string begin_;  // the beginning of the last row; empty before the first
};

// Passes each row to `on_sample` when it is read, so that a recording may have any length. Errors
// begin with `name` and the line; an Error of on_sample ends the reading, and is returned
// unchanged.
using OnSample = std::function<Result<void>(const Sample& sample, std::size_t line)>;
[[nodiscard]] Result<void> for_each_sample(std::istream& in, const std::string& name,
                                           const OnSample& on_sample);

[[nodiscard]] Result<std::vector<Sample>> read_samples(std::istream& in);
[[nodiscard]] Result<std::vector<Sample>> read_samples(const std::string& path);

}  // namespace cgtally::csv
