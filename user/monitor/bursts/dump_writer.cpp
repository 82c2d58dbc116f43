// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/dump_writer.h"

#include <fmt/core.h>

#include <cerrno>

#include "adapters/csv/dumps/burst_windows.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {
namespace {

std::string no_dumps(const Error& error) {
  return fmt::format("{}: bursts are counted without dumps until that works", error.what);
}

}  // namespace

DumpWriter::DumpWriter(std::string directory, csv::DumpLimits limits, Notices& notices)
    : notices_(notices), directory_(std::move(directory), limits) {
  if (const auto opened = directory_.open(); !opened) {
    failure_ = opened.error();
    notices_.report(no_dumps(*failure_));
  }
  thread_ = std::thread([this] { work(); });
}

DumpWriter::~DumpWriter() { finish(); }

void DumpWriter::put(FlightDump dump, AccountNames names) {
  const std::lock_guard guard(mutex_);
  if (jobs_.size() == kMostWaiting) {
    if (lost_++ == 0) {
      news_.push_back(fmt::format("dumps come faster than {} takes them: some are left out",
                                  directory_.path()));
    }
    return;
  }
  jobs_.push_back({.dump = std::move(dump), .names = std::move(names)});
  changed_.notify_one();
}

void DumpWriter::finish() {
  {
    const std::lock_guard guard(mutex_);
    over_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  report_news();
}

void DumpWriter::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return over_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    write(job);
  }
}

void DumpWriter::write(const Job& job) {
  const auto name_of = [&](const Account& account) {
    const auto found = job.names.find(account);
    return found == job.names.end() ? std::string() : found->second;
  };
  record(directory_.write(csv::windows_file_name(job.dump), csv::windows_text(job.dump, name_of)));
}

void DumpWriter::record(const Result<void>& written) {
  const std::lock_guard guard(mutex_);
  if (written) {
    ++written_;
    if (std::exchange(failure_, std::nullopt)) {
      news_.push_back(fmt::format("writing dumps to {} works again", directory_.path()));
    }
    return;
  }
  ++lost_;
  too_large_ = too_large_ || written.error().code == EFBIG;
  if (!failure_) {
    news_.push_back(no_dumps(written.error()));
  }
  failure_ = written.error();
}

void DumpWriter::report_news() {
  std::vector<std::string> news;
  {
    const std::lock_guard guard(mutex_);
    news = std::exchange(news_, {});
  }
  for (std::string& one : news) {
    notices_.report(std::move(one));
  }
}

std::optional<Error> DumpWriter::missing() const {
  const std::lock_guard guard(mutex_);
  if (lost_ == 0) return std::nullopt;
  std::string hint = "give --dump-over a higher rate, so that there are fewer";
  if (failure_) {
    hint = "make room there, or choose another directory: --dump DIR";
  }
  if (too_large_) {
    hint = "give them more room: --dump-size SIZE";
  }
  return Error{.what = fmt::format("{} {} missing in {}{}", format_count(lost_),
                                   lost_ == 1 ? "dump is" : "dumps are", directory_.path(),
                                   failure_ ? fmt::format(": {}", failure_->what) : ""),
               .hint = hint};
}

std::string DumpWriter::summary() const {
  const std::lock_guard guard(mutex_);
  if (written_ == 0) return {};
  return fmt::format("dumps     {} written to {}", format_count(written_), directory_.path());
}

}  // namespace cgtally::monitor
