// SPDX-License-Identifier: Apache-2.0
// SampleWriter: samples into a CSV, one write for each snapshot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/samples.h"
#include "core/traffic/sampler.h"
#include "core/traffic/tcp_columns.h"
#include "monitor/collectors/monitor.h"
#include "monitor/notices.h"
#include "monitor/output/account_notice.h"

namespace cgtally::monitor {

// Has a sampler of its own, because a write that fails must lose nothing: the base stays where the
// last written row ends, and the next row that fits covers the gap. The first failure and its end
// are notices. `record` and `live` own one.
class SampleWriter {
 public:
  // `account`: a glob; only accounts that match, and (kernel), are written. Empty: all. Writes
  // nothing yet.
  static Result<SampleWriter> open(const csv::RowFile& file, const std::string& host,
                                   std::string account, sys::WaitForRoom wait, Notices& notices);

  // Takes the base from this snapshot, and then writes the header: what comes after the header is
  // in the rows.
  Result<void> begin(const Snapshot& base, const Session& session);

  enum class Outcome { written, failing, closed };  // closed: nobody reads the pipe any more
  // The rows of the snapshot's reading, with what TCP says; `session` names their accounts.
  Outcome write(const Snapshot& now, const Session& session);
  // Of the last write(), also of those that could not be written.
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] bool failing() const { return failure_.has_value(); }
  // Only while failing(): the rows that are missing, for the end of the run.
  [[nodiscard]] Error missing_rows() const;

 private:
  SampleWriter(csv::FileSink sink, std::string path, const std::string& host, std::string account,
               Notices& notices)
      : sink_(std::move(sink)),
        path_(std::move(path)),
        sampler_(host),
        account_(std::move(account)),
        account_notice_(account_),
        notices_(notices) {}
  void sample(const Snapshot& now, const Session& session);
  [[nodiscard]] csv::SampleRows rows() const;

  csv::FileSink sink_;
  std::string path_;
  Sampler sampler_;
  std::string account_;
  AccountNotice account_notice_;
  Notices& notices_;
  TcpColumns columns_;
  std::vector<Sample> samples_;
  Moment failing_since_;
  std::optional<Error> failure_;
};

}  // namespace cgtally::monitor
