// SPDX-License-Identifier: Apache-2.0
// Writes all lines or none: remembers the end of the file, and cuts the file back to it.
#include "adapters/csv/file_sink.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <expected>
#include <system_error>

#include "adapters/csv/rfc4180.h"
#include "adapters/files/safe_file.h"
#include "adapters/sys/error.h"

namespace cgtally::csv {
namespace {

const char* hint_for(int code) {
  switch (code) {
    case ENOENT:
      return "create its directory first";
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
      return "choose a file that may be written";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "make room; the totals of the next rows make up for the gap";
    case EWOULDBLOCK:
      return "another program is writing to it: choose another file";
    case EBADF:
      return "it is closed: run it without >&-";
    case ENXIO:
      return "start its reader first";
    case ECANCELED:
      return "let it read on, or write to a file: --csv FILE, --json FILE";
    default:
      return "choose another file";
  }
}

// The content up to the first '\n', included, or to the end of the file; at most `most` bytes.
std::expected<std::string, int> first_line(int fd, std::size_t most) {
  std::string text(most, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  if (got < 0) return std::unexpected(errno);
  text.resize(static_cast<std::size_t>(got));
  if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end + 1);
  return text;
}

// The end of the last whole line.
std::expected<off_t, int> whole_lines(int fd, off_t size) {
  std::array<char, 4096> block{};
  while (size > 0) {
    const off_t start =
        size > static_cast<off_t>(block.size()) ? size - static_cast<off_t>(block.size()) : 0;
    const ssize_t got = ::pread(fd, block.data(), static_cast<std::size_t>(size - start), start);
    if (got < 0) return std::unexpected(errno);
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    const std::size_t end = text.rfind('\n');
    if (end != std::string_view::npos) return start + static_cast<off_t>(end) + 1;
    size = start;
  }
  return 0;
}

Result<sys::Fd> dup_of_stdout() {
  sys::Fd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) return std::unexpected(sys::error_from(errno, "open stdout"));
  return fd;
}

}  // namespace

Error FileSink::failure(const std::string& doing, int code) const {
  const std::string why =
      code == ECANCELED ? "its reader has stopped reading" : std::generic_category().message(code);
  return {
      .what = fmt::format("{} {}: {}", doing, name_, why), .hint = hint_for(code), .code = code};
}

Result<FileSink> FileSink::open(const RowFile& rows, std::string header, sys::WaitForRoom wait,
                                Header when) {
  const bool to_stdout = rows.to_stdout();
  auto fd = to_stdout ? dup_of_stdout() : files::open_to_append(rows.path);
  if (!fd) {
    Error error = std::move(fd).error();
    if (error.hint.empty()) error.hint = hint_for(error.code);
    error.failure = Failure::failed;
    return std::unexpected(std::move(error));
  }
  auto sink = over(*std::move(fd), rows, std::move(header), std::move(wait));
  if (!sink) return sink;
  if (sink->regular_ && !to_stdout) {
    if (auto taken = sink->take_up(); !taken) return std::unexpected(std::move(taken).error());
  }
  if (when == Header::at_once) {
    if (auto begun = sink->begin(); !begun) return std::unexpected(std::move(begun).error());
  }
  return sink;
}

Result<FileSink> FileSink::over(sys::Fd fd, const RowFile& rows, std::string header,
                                sys::WaitForRoom wait) {
  if (!header.ends_with('\n')) header += '\n';
  FileSink sink(std::move(fd), rows.to_stdout() ? "stdout" : rows.path, std::move(header),
                std::move(wait));
  if (rows.format == RowFormat::json_lines) sink.json_.emplace(sink.header_);
  sink.plain_names_ = rows.plain_names;
  struct stat status{};
  if (::fstat(sink.fd_.get(), &status) != 0) {
    return std::unexpected(sink.failure("open", errno));
  }
  sink.regular_ = S_ISREG(status.st_mode);
  if (sink.regular_) sink.wait_ = {};
  return sink;
}

Result<void> FileSink::begin() {
  if (header_.empty()) return {};
  auto written = json_ ? Result<void>{} : write_text(header_);
  if (written) header_.clear();
  return written;
}

// For a regular file: locks it, and makes sure that what is there begins with the header and ends
// with a line.
Result<void> FileSink::take_up() {
  if (!files::lock_out_writers(fd_.get())) return std::unexpected(failure("lock", EWOULDBLOCK));
  const auto size = position();
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return {};
  const auto end = whole_lines(fd_.get(), *size);
  if (!end) return std::unexpected(failure("read", end.error()));
  const auto ours = has_these_columns(*end > 0);
  if (!ours) return std::unexpected(ours.error());
  if (!*ours) {
    return std::unexpected(
        Error{.what = name_ + " exists and is not a recording with these columns",
              .hint = "choose another file, or move that one away"});
  }
  cut_to_ = *end;
  if (auto cut = cut_back(); !cut) return cut;
  if (*end > 0) header_.clear();
  return {};
}

// A line that was torn may be the beginning of the first one.
Result<bool> FileSink::has_these_columns(bool has_whole_line) const {
  constexpr std::size_t kMostOfJson = 65'536;
  auto line = first_line(fd_.get(), json_ ? kMostOfJson : header_.size());
  if (!line) return std::unexpected(failure("read", line.error()));
  if (json_) return json_->wrote(*line);
  return *line == header_ || (!has_whole_line && header_.starts_with(*line));
}

Result<void> FileSink::write(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return write_lines(text);
}

Result<void> FileSink::write_lines(std::string_view lines) {
  if (auto begun = begin(); !begun) return begun;
  if (!json_) return write_text(plain_names_ ? unguarded_lines(lines) : lines);
  std::string objects;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    objects += json_->line(lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return write_text(objects);
}

Result<void> FileSink::write_text(std::string_view text) {
  if (auto cut = cut_back(); !cut) return cut;
  const auto before = position();
  if (!before) return std::unexpected(before.error());
  const int code = sys::write_all(fd_.get(), text, wait_);
  if (code == 0) return {};
  if (regular_) cut_to_ = *before;
  (void)cut_back();  // tried again before the next write
  return std::unexpected(failure("write to", code));
}

Result<void> FileSink::cut_back() {
  if (!cut_to_) return {};
  if (::ftruncate(fd_.get(), *cut_to_) != 0) return std::unexpected(failure("cut back", errno));
  // Without O_APPEND, as stdout may be, the next write would leave a hole.
  if (::lseek(fd_.get(), *cut_to_, SEEK_SET) < 0) {
    return std::unexpected(failure("cut back", errno));
  }
  cut_to_.reset();
  return {};
}

// The offset of the next write; 0 for a file that is not regular.
Result<off_t> FileSink::position() const {
  if (!regular_) return 0;
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  struct stat status{};
  if (flags < 0 || ::fstat(fd_.get(), &status) != 0) {
    return std::unexpected(failure("write to", errno));
  }
  if ((flags & O_APPEND) != 0) return status.st_size;
  const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR);
  if (at < 0) return std::unexpected(failure("write to", errno));
  return at;
}

}  // namespace cgtally::csv
