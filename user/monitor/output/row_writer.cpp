// SPDX-License-Identifier: Apache-2.0
#include "monitor/output/row_writer.h"

#include <fmt/core.h>

#include <cerrno>

#include "core/base/quantity.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostWaiting = 65'536;

}  // namespace

Result<RowWriter> RowWriter::open(const csv::RowFile& file, std::string header, std::string what,
                                  sys::WaitForRoom wait, Notices& notices) {
  auto sink =
      csv::FileSink::open(file, std::move(header), std::move(wait), csv::FileSink::Header::later);
  if (!sink) return std::unexpected(sink.error());
  return RowWriter(std::move(*sink), file.to_stdout() ? "stdout" : file.path, std::move(what),
                   notices);
}

void RowWriter::put(std::string row) {
  if (waiting_.size() == kMostWaiting) {
    ++lost_;
    return;
  }
  waiting_.push_back(std::move(row));
}

bool RowWriter::write() {
  if (waiting_.empty()) return true;
  const auto written = sink_.write(waiting_);
  if (written) {
    waiting_.clear();
    if (std::exchange(failure_, std::nullopt)) {
      notices_.report(fmt::format("writing {} works again", path_));
    }
    return true;
  }
  if (written.error().code == EPIPE) return false;
  if (!failure_ && written.error().code != ECANCELED) {  // that is the end, which has its own words
    notices_.report(
        fmt::format("{}: {} are kept until there is room", written.error().what, what_));
  }
  failure_ = written.error();
  return true;
}

std::optional<Error> RowWriter::missing_rows() const {
  if (waiting_.empty() && lost_ == 0) return std::nullopt;
  return Error{.what = fmt::format("{} rows of {} are missing in {}{}",
                                   format_count(waiting_.size() + lost_), what_, path_,
                                   failure_ ? fmt::format(": {}", failure_->what) : ""),
               .hint = "make room before the next run"};
}

}  // namespace cgtally::monitor
