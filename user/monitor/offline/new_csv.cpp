// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/new_csv.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace cgtally::monitor {
namespace {

constexpr std::size_t kRowsAtOnce = 1000;

Error with_hint(Error error) {
  if (error.hint.empty()) error.hint = "choose another name or directory";
  error.failure = Failure::failed;
  return error;
}

}  // namespace

Result<void> NewCsv::check(const csv::RowFile& file) {
  const std::string& path = file.path;
  std::error_code ignored;
  if (path.empty() || path == "-" || !std::filesystem::is_regular_file(path, ignored) ||
      std::filesystem::file_size(path, ignored) == 0) {
    return {};
  }
  return std::unexpected(
      usage_error(fmt::format("{} must be a new file, and {} exists", file.option, path),
                  "remove that file, or choose another name"));
}

Result<void> NewCsv::add(std::string row) {
  if (file_.empty()) return {};
  rows_.push_back(std::move(row));
  return rows_.size() < kRowsAtOnce ? Result<void>{} : flush();
}

Result<void> NewCsv::open() {
  if (!file_.to_stdout()) {
    auto opened = files::NewFile::instead_of(file_.path);
    if (!opened) return std::unexpected(with_hint(std::move(opened).error()));
    if (*opened) part_.emplace(**std::move(opened));
  }
  auto sink =
      part_ ? csv::FileSink::over(sys::Fd(::fcntl(part_->fd(), F_DUPFD_CLOEXEC, 0)), file_, header_)
            : csv::FileSink::open(file_, header_);
  if (!sink) return std::unexpected(std::move(sink).error());
  sink_.emplace(*std::move(sink));
  return sink_->begin();
}

Result<void> NewCsv::flush() {
  if (!sink_) {
    if (auto opened = open(); !opened) return opened;
  }
  if (rows_.empty()) return {};
  auto written = sink_->write(rows_);
  rows_.clear();
  return written;
}

Result<void> NewCsv::finish() {
  if (file_.empty()) return {};
  if (auto flushed = flush(); !flushed) return flushed;
  sink_.reset();
  if (!part_) return {};
  if (auto put = part_->put(); !put) return std::unexpected(with_hint(std::move(put).error()));
  return {};
}

}  // namespace cgtally::monitor
