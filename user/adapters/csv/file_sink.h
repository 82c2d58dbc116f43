// SPDX-License-Identifier: Apache-2.0
// Writes a CSV to a file or to stdout, as it is or as JSON lines.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/csv/json_lines.h"
#include "adapters/csv/row_file.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/write.h"
#include "core/base/result.h"

namespace cgtally::csv {

// A CSV being written, used by every command with --csv or --json. Lines come as a CSV has them,
// whatever form is asked for; JSON lines have no header. After a failed write (disk full) a regular
// file is cut back to its former end, so that the caller may try again with rows that cover the
// gap. A pipe cannot be cut back: its reader has gone (EPIPE) or, if `wait` abandoned the write,
// has stopped reading (ECANCELED). Does not retry by itself, and needs SIGPIPE to be ignored.
class FileSink {
 public:
  // When the header of a new file is written: by open(), or by begin().
  enum class Header : std::uint8_t { at_once, later };
  // "-" is stdout. Appends to an existing file that has these columns, and first cuts off a last
  // line that a crash has torn. One FileSink at a time can have a file open. `wait` is called
  // before each write to anything but a regular file.
  static Result<FileSink> open(const RowFile& rows, std::string header, sys::WaitForRoom wait = {},
                               Header when = Header::at_once);

  // The same over a new file that the caller has opened, by the name and in the form of `rows`.
  static Result<FileSink> over(sys::Fd fd, const RowFile& rows, std::string header,
                               sys::WaitForRoom wait = {});

  // Writes the header, if it is not written yet. A reader may take it as the sign that counting has
  // begun: so call this after that.
  Result<void> begin();

  // Each line ends with '\n'. Begins, if that has not happened yet. After an Error none of the
  // lines is in the file.
  Result<void> write(const std::vector<std::string>& lines);
  Result<void> write_lines(std::string_view lines);

 private:
  FileSink(sys::Fd fd, std::string name, std::string header, sys::WaitForRoom wait)
      : fd_(std::move(fd)),
        name_(std::move(name)),
        header_(std::move(header)),
        wait_(std::move(wait)) {}

  [[nodiscard]] Result<bool> has_these_columns(bool has_whole_line) const;

  Result<void> take_up();
  Result<void> write_text(std::string_view text);
  Result<void> cut_back();
  [[nodiscard]] Result<off_t> position() const;
  [[nodiscard]] Error failure(const std::string& doing, int code) const;

  sys::Fd fd_;
  std::string name_;
  std::string header_;             // empty once it is in the file
  std::optional<JsonLines> json_;  // none: a CSV
  sys::WaitForRoom wait_;          // empty for a regular file
  bool plain_names_ = false;
  bool regular_ = false;         // can be cut back
  std::optional<off_t> cut_to_;  // a failed write left bytes after this offset
};

}  // namespace cgtally::csv
