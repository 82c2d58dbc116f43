// SPDX-License-Identifier: Apache-2.0
// RowWriter: rows on their way into a CSV that now and then has no room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/file_sink.h"
#include "core/base/result.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Rows that cannot be written wait, with one notice, and are written when there is room. At most
// 65 536 wait; those beyond are counted as missing. For rows that stand for themselves: bursts,
// credits, allowance counters. Samples can cover a gap, and have a SampleWriter.
class RowWriter {
 public:
  // `what` the rows are, for the user: "bursts". Writes nothing yet.
  static Result<RowWriter> open(const csv::RowFile& file, std::string header, std::string what,
                                sys::WaitForRoom wait, Notices& notices);

  // Writes the header. A reader takes it for the sign that all that comes is in the rows: call this
  // when that is so.
  Result<void> begin() { return sink_.begin(); }
  void put(std::string row);
  // False if nobody reads the pipe any more.
  [[nodiscard]] bool write();
  // At the end: the rows that could not be written, as an error.
  [[nodiscard]] std::optional<Error> missing_rows() const;

 private:
  RowWriter(csv::FileSink sink, std::string path, std::string what, Notices& notices)
      : sink_(std::move(sink)), path_(std::move(path)), what_(std::move(what)), notices_(notices) {}

  csv::FileSink sink_;
  std::string path_;
  std::string what_;
  Notices& notices_;
  std::vector<std::string> waiting_;
  std::uint64_t lost_ = 0;
  std::optional<Error> failure_;
};

}  // namespace cgtally::monitor
