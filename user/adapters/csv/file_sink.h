// SPDX-License-Identifier: Apache-2.0
// A CSV being written: a file or stdout. Lines are kept all together or not at all: after a write
// that failed (disk full) the file is cut back to where it was, so that the caller may try again
// with rows that cover the whole gap. A pipe cannot be cut back; its reader has gone anyway
// (EPIPE) or, if `wait` gave up, has stopped reading (ECANCELED). SIGPIPE must be ignored by the
// program.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sys/fd.h"
#include "adapters/sys/write.h"
#include "core/base/result.h"

namespace cgtally::csv {

class FileSink {
 public:
  // "-" is stdout. A file that exists is appended to, if it has this header; a last line that a
  // crash has torn is cut off first. Only one FileSink at a time may have a file open.
  // `wait` is asked before each write to what is no file.
  static Result<FileSink> open(const std::string& path, std::string header,
                               sys::WaitForRoom wait = {});

  // Each line with its '\n'. On an error none of them is in the file.
  Result<void> write(const std::vector<std::string>& lines);

 private:
  FileSink(sys::Fd fd, std::string name, sys::WaitForRoom wait)
      : fd_(std::move(fd)), name_(std::move(name)), wait_(std::move(wait)) {}

  Result<void> begin(const std::string& header);
  Result<void> write_text(std::string_view text);
  Result<void> cut_back();
  [[nodiscard]] Result<off_t> position() const;
  [[nodiscard]] Error failure(const std::string& doing, int code) const;

  sys::Fd fd_;
  std::string name_;
  sys::WaitForRoom wait_;        // empty for a file
  bool regular_ = false;         // can be cut back
  std::optional<off_t> cut_to_;  // a failed write left something behind this
};

}  // namespace cgtally::csv
