// SPDX-License-Identifier: Apache-2.0
#include "cli/burst_recorder.h"

#include <cerrno>

#include "adapters/csv/bursts.h"
#include "core/quantity.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kMostRows = 65'536;

}  // namespace

Result<BurstRecorder> BurstRecorder::open(const std::string& path, std::string host,
                                          sys::WaitForRoom wait) {
  auto sink = csv::Sink::open(path, csv::bursts_header(), std::move(wait));
  if (!sink) {
    return std::unexpected(sink.error());
  }
  return BurstRecorder(std::move(*sink), path == "-" ? "stdout" : path, std::move(host));
}

void BurstRecorder::put(const NamedBurst& burst) {
  if (rows_.size() == kMostRows) {
    ++lost_;
    return;
  }
  rows_.push_back(csv::bursts_row(burst.burst, burst.wall, host_, burst.account));
}

bool BurstRecorder::write() {
  if (rows_.empty()) {
    return true;
  }
  const auto written = sink_.write(rows_);
  if (written) {
    rows_.clear();
    if (std::exchange(failure_, std::nullopt)) {
      notices_.push_back("writing " + path_ + " works again");
    }
    return true;
  }
  if (written.error().code == EPIPE) {
    return false;
  }
  if (!failure_ && written.error().code != ECANCELED) {
    notices_.push_back(written.error().what + ": bursts are kept until there is room");
  }
  failure_ = written.error();
  return true;
}

std::optional<Error> BurstRecorder::missing_rows() const {
  if (rows_.empty() && lost_ == 0) {
    return std::nullopt;
  }
  return Error{.what = format_count(rows_.size() + lost_) + " rows of bursts are missing in " +
                       path_ + (failure_ ? ": " + failure_->what : ""),
               .cure = "make room before the next run"};
}

}  // namespace cgtally::cli
