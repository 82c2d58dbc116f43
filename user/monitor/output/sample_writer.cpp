// SPDX-License-Identifier: Apache-2.0
#include "monitor/output/sample_writer.h"

#include <fmt/core.h>

#include <cerrno>

#include "adapters/csv/samples.h"
#include "core/base/quantity.h"
#include "core/containers/grouping.h"
#include "core/traffic/account.h"

namespace cgtally::monitor {

Result<SampleWriter> SampleWriter::open(const csv::RowFile& file, const std::string& host,
                                        std::string account, sys::WaitForRoom wait,
                                        Notices& notices) {
  auto sink = csv::FileSink::open(file, csv::samples_header(), std::move(wait),
                                  csv::FileSink::Header::later);
  if (!sink) {
    return std::unexpected(sink.error());
  }
  return SampleWriter(std::move(*sink), file.to_stdout() ? "stdout" : file.path, host,
                      std::move(account), notices);
}

csv::SampleRows SampleWriter::rows() const {
  csv::SampleRows rows;
  for (const Sample& sample : samples_) {
    // (kernel) shows that the interval was recorded, whatever is filtered.
    if (account_.empty() || account_passes(account_, sample.account, sample.owner()) ||
        sample.account == reason_name(AccountKind::kernel)) {
      rows.add(sample);
    }
  }
  return rows;
}

Result<void> SampleWriter::begin(const Snapshot& base, const Session& session) {
  sample(base, session);
  auto begun = sink_.begin();
  if (!begun) return begun;
  sampler_.commit();
  columns_.commit(samples_);
  return {};
}

void SampleWriter::sample(const Snapshot& now, const Session& session) {
  if (now.tcp_updated) columns_.add(now.tcp, now.tcp_complete);
  samples_ = sampler_.process(
      now.reading, [&session](std::uint64_t id) { return session.name_of(id); },
      [&session](InterfaceKey key) { return session.interface_name(key); });
  columns_.fill(samples_);
}

SampleWriter::Outcome SampleWriter::write(const Snapshot& now, const Session& session) {
  const Moment& taken = now.reading.taken;
  sample(now, session);
  for (const Sample& one : samples_) account_notice_.see(one.account, one.owner());
  account_notice_.tell(notices_);
  const auto written = sink_.write_lines(rows().text());
  if (written) {
    sampler_.commit();
    columns_.commit(samples_);
    if (std::exchange(failure_, std::nullopt)) {
      notices_.report(fmt::format("writing {} works again: these rows cover the last {}", path_,
                                  format_duration(taken.boot - failing_since_.boot)));
    }
    return Outcome::written;
  }
  if (written.error().code == EPIPE) {
    return Outcome::closed;
  }
  if (!failure_) {
    failing_since_ = taken;
    if (written.error().code != ECANCELED) {  // that is the end, which has its own words
      notices_.report(written.error().what +
                      ": counting goes on, and the rows will be written when there is room");
    }
  }
  failure_ = written.error();
  return Outcome::failing;
}

Error SampleWriter::missing_rows() const {
  const char* hint = failure_->code == ECANCELED
                         ? "let it read on, or write to a file: --csv FILE, --json FILE"
                         : "make room before the next run";
  return {.what = fmt::format("the last rows are missing: {}", failure_->what),
          .hint = fmt::format("the summary covers them; {}", hint)};
}

}  // namespace cgtally::monitor
