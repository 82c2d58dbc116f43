// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/new_csv.h"

#include <fmt/core.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace cgtally::monitor {
namespace {

constexpr std::size_t kRowsAtOnce = 1000;

// False for what exists and is a device, a pipe or a directory.
bool may_be_renamed_to(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::symlink_status(path, ignored).type();
  return type == std::filesystem::file_type::regular ||
         type == std::filesystem::file_type::not_found;
}

}  // namespace

NewCsv::~NewCsv() {
  std::error_code ignored;
  if (!part_.empty()) std::filesystem::remove(part_, ignored);
}

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

Result<void> NewCsv::flush() {
  if (!sink_) {
    if (!file_.to_stdout() && may_be_renamed_to(file_.path)) {
      part_ = file_.path + ".part";
      std::error_code ignored;
      std::filesystem::remove(part_, ignored);  // of a run that was killed
    }
    auto opened = csv::FileSink::open({part_.empty() ? file_.path : part_, file_.format}, header_);
    if (!opened) return std::unexpected(std::move(opened).error());
    sink_.emplace(*std::move(opened));
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
  if (part_.empty()) return {};
  std::error_code problem;
  std::filesystem::rename(part_, file_.path, problem);
  if (problem) {
    return std::unexpected(Error{.what = fmt::format("{}: {}", file_.path, problem.message()),
                                 .hint = "choose another name or directory",
                                 .code = problem.value()});
  }
  part_.clear();
  return {};
}

}  // namespace cgtally::monitor
