// SPDX-License-Identifier: Apache-2.0
// Splits one line at a time; a quoted field that contains a line break fetches the next one.
#include "adapters/csv/rfc4180.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "core/base/text.h"

namespace cgtally::csv {
namespace {

bool is_plain(char c) { return ' ' <= c && c <= '~' && c != ',' && c != '"'; }
bool needs_quotes(char c) { return c == ',' || c == '"'; }

Error broken(std::size_t line, const std::string& why) {
  return {.what = fmt::format("line {}: {}", line, why),
          .hint = "give a file that cgtally record wrote, or correct that line"};
}

}  // namespace

void RecordWriter::separate() {
  constexpr std::size_t kUsualLine = 320;
  if (text_.empty()) text_.reserve(kUsualLine);
  if (!empty_) text_ += ',';
  empty_ = false;
}

RecordWriter& RecordWriter::add(std::string_view field) {
  separate();
  if (std::ranges::all_of(field, is_plain)) {
    text_ += field;
    return *this;
  }
  const std::string safe = printable(field);
  if (std::ranges::none_of(safe, needs_quotes)) {
    text_ += safe;
    return *this;
  }
  text_ += '"';
  for (const char c : safe) {
    if (c == '"') text_ += '"';
    text_ += c;
  }
  text_ += '"';
  return *this;
}

// Most fields are numbers, and there may be a thousand rows ten times a second.
RecordWriter& RecordWriter::add(std::uint64_t number) {
  separate();
  std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text_.append(digits.data(), written.ptr);
  return *this;
}

RecordWriter& RecordWriter::add_if_known(std::optional<std::uint64_t> number) {
  return number ? add(*number) : add("");
}

RecordWriter& RecordWriter::add_written(std::string_view fields) {
  separate();
  text_ += fields;
  return *this;
}

std::string RecordWriter::line() && {
  end_line();
  return std::move(text_);
}

void RecordWriter::end_line() {
  text_ += '\n';
  empty_ = true;
}

bool RecordReader::read_line() {
  if (!std::getline(in_, text_)) return false;
  ++line_;
  terminated_ = !in_.eof();
  if (text_.ends_with('\r')) text_.pop_back();
  return true;
}

Result<bool> RecordReader::next() {
  errno = 0;
  if (!read_line()) {
    if (!in_.bad()) return false;
    const int code = errno != 0 ? errno : EIO;
    return std::unexpected(Error{.what = std::generic_category().message(code),
                                 .hint = "give a file that can be read",
                                 .code = code});
  }
  record_line_ = line_;
  if (auto done = split(); !done) return std::unexpected(std::move(done).error());
  return true;
}

Result<void> RecordReader::split() {
  fields_.clear();
  for (std::size_t at = 0;;) {
    if (at < text_.size() && text_[at] == '"') {
      ++at;
      if (auto done = read_quoted(at); !done) return done;
    } else {
      const std::size_t end = std::min(text_.find(separator_, at), text_.size());
      fields_.emplace_back(text_, at, end - at);
      at = end;
    }
    if (at >= text_.size()) return {};
    if (text_[at] != separator_) {
      return std::unexpected(broken(record_line_, "text after a closing quote"));
    }
    ++at;
  }
}

// From the character after the opening quote to the one after the closing quote.
Result<void> RecordReader::read_quoted(std::size_t& at) {
  std::string field;
  for (;;) {
    const std::size_t quote = text_.find('"', at);
    if (quote == std::string::npos) {
      field.append(text_, at).append("\n");
      if (!read_line()) return std::unexpected(broken(record_line_, "a quote that never closes"));
      at = 0;
      continue;
    }
    field.append(text_, at, quote - at);
    at = quote + 1;
    if (at >= text_.size() || text_[at] != '"') break;
    field += '"';
    ++at;
  }
  fields_.push_back(std::move(field));
  return {};
}

}  // namespace cgtally::csv
