// SPDX-License-Identifier: Apache-2.0
// Samples into a CSV, one call for each reading. A write that fails loses nothing: the base stays
// where the last row that was written ends, so the next row that fits covers the gap. That a write
// failed, once, and that it works again is a notice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/file_sink.h"
#include "core/traffic/sampler.h"
#include "core/traffic/tcp_columns.h"
#include "monitor/collectors/monitor.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

class SampleWriter {
 public:
  // `account`: a glob; only the cgroups that match are written. Empty: all.
  static Result<SampleWriter> open(const std::string& path, const std::string& host,
                                   std::string account, sys::WaitForRoom wait, Notices& notices);

  enum class Outcome { written, failing, closed };  // closed: nobody reads the pipe any more
  // The rows of the snapshot's reading, with what TCP says; `session` names their accounts.
  Outcome write(const Snapshot& now, const Session& session);
  // Of the last write(), also of those that could not be written.
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] bool failing() const { return failure_.has_value(); }
  // What to say at the end while it is failing: rows are missing.
  [[nodiscard]] Error missing_rows() const;

 private:
  SampleWriter(csv::FileSink sink, std::string path, const std::string& host, std::string account,
               Notices& notices)
      : sink_(std::move(sink)),
        path_(std::move(path)),
        sampler_(host),
        account_(std::move(account)),
        notices_(notices) {}
  [[nodiscard]] std::vector<std::string> rows() const;

  csv::FileSink sink_;
  std::string path_;
  Sampler sampler_;
  std::string account_;
  Notices& notices_;
  TcpColumns columns_;
  std::vector<Sample> samples_;
  Moment failing_since_;
  std::optional<Error> failure_;
};

}  // namespace cgtally::monitor
