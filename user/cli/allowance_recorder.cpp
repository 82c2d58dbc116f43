// SPDX-License-Identifier: Apache-2.0
#include "cli/allowance_recorder.h"

#include "adapters/csv/allowances.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kMostWaiting = 10'000;

}  // namespace

Result<AllowanceRecorder> AllowanceRecorder::open(const std::string& path, std::string host,
                                                  sys::WaitForRoom wait) {
  auto sink = csv::Sink::open(path, csv::allowances_header(), std::move(wait));
  if (!sink) {
    return std::unexpected(sink.error());
  }
  return AllowanceRecorder(std::move(*sink), path, std::move(host));
}

void AllowanceRecorder::take(const AllowanceLook& look) {
  for (const AllowanceStep& step : look.steps) {
    waiting_.push_back(csv::allowances_row(host_, look.taken, look.interval, step));
  }
  const auto written = sink_.write(waiting_);
  if (written) {
    waiting_.clear();
    if (std::exchange(failure_, std::nullopt)) {
      notices_.push_back("writing " + path_ + " works again");
    }
    return;
  }
  if (!failure_) {
    notices_.push_back(written.error().what +
                       ": counting goes on, and the rows will be written when there is room");
  }
  failure_ = written.error();
  if (waiting_.size() > kMostWaiting) {
    waiting_.erase(waiting_.begin(),
                   waiting_.end() - static_cast<std::ptrdiff_t>(kMostWaiting / 2));
  }
}

}  // namespace cgtally::cli
