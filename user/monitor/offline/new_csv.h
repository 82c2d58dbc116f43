// SPDX-License-Identifier: Apache-2.0
// A CSV, or its JSON lines, that a command computes from files: whole when the command has ended
// well, and not there otherwise, so that a failed run never makes the next one refuse.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/file_sink.h"
#include "adapters/files/new_file.h"
#include "core/base/result.h"

namespace cgtally::monitor {

// Used by replay and size. Rows go to a files::NewFile, which finish() puts in place; to stdout and
// to what is no regular file they go at once. An empty path takes rows and keeps none.
class NewCsv {
 public:
  NewCsv(csv::RowFile file, std::string header)
      : file_(std::move(file)), header_(std::move(header)) {}
  NewCsv(const NewCsv&) = delete;
  NewCsv& operator=(const NewCsv&) = delete;

  // An Error if the file has something in it already.
  [[nodiscard]] static Result<void> check(const csv::RowFile& file);

  [[nodiscard]] bool wanted() const { return !file_.empty(); }
  Result<void> add(std::string row);
  Result<void> finish();

 private:
  Result<void> open();
  Result<void> flush();

  csv::RowFile file_;
  std::string header_;
  std::optional<files::NewFile> part_;  // none: written in place
  std::optional<csv::FileSink> sink_;
  std::vector<std::string> rows_;
};

}  // namespace cgtally::monitor
