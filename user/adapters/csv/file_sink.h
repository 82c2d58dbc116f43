// SPDX-License-Identifier: Apache-2.0
// Writes a CSV to a file or to stdout.
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

// A CSV being written, used by every command with --csv. After a failed write (disk full) a regular
// file is cut back to its former end, so that the caller may try again with rows that cover the
// gap. A pipe cannot be cut back: its reader has gone (EPIPE) or, if `wait` abandoned the write,
// has stopped reading (ECANCELED). Does not retry by itself, and needs SIGPIPE to be ignored.
class FileSink {
 public:
  // "-" is stdout. Appends to an existing file that has this header, and first cuts off a last line
  // that a crash has torn. One FileSink at a time can have a file open. `wait` is called before
  // each write to anything but a regular file.
  static Result<FileSink> open(const std::string& path, std::string header,
                               sys::WaitForRoom wait = {});

  // Each line ends with '\n'. After an Error none of them is in the file.
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
  sys::WaitForRoom wait_;        // empty for a regular file
  bool regular_ = false;         // can be cut back
  std::optional<off_t> cut_to_;  // a failed write left bytes after this offset
};

}  // namespace cgtally::csv
