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

#include "adapters/text/line.h"
#include "core/base/text.h"

namespace cgtally::csv {
namespace {

bool is_plain(char c) { return ' ' <= c && c <= '~' && c != ',' && c != '"'; }
bool needs_quotes(char c) { return c == ',' || c == '"'; }

// "-27" and "-0.1250" are figures; a spreadsheet computes nothing of them.
bool is_figure(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  if (whole == 0) return false;
  text.remove_prefix(whole);
  if (!text.starts_with('.')) return text.empty();
  text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// After any apostrophes: what a spreadsheet runs. Also the wide forms, which some take for the
// same.
bool begins_formula(std::string_view field) {
  constexpr std::string_view kFirstBytes = "'=+-@\xEF";  // few names begin with one of them
  if (field.empty() || !kFirstBytes.contains(field.front())) return false;
  field.remove_prefix(std::min(field.find_first_not_of('\''), field.size()));
  constexpr std::array<std::string_view, 8> kBegins{"=",      "+",      "-",      "@",
                                                    "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  return std::ranges::any_of(kBegins,
                             [field](std::string_view one) { return field.starts_with(one); });
}

Error broken(std::size_t line, const std::string& why) {
  return {.what = fmt::format("line {}: {}", line, why),
          .hint = "give a file that cgtally record wrote, or correct that line"};
}

}  // namespace

std::string guarded(std::string_view field) {
  const bool guards = begins_formula(field) && !is_figure(field);
  return fmt::format("{}{}", guards ? "'" : "", field);
}

std::string_view unguarded(std::string_view field) {
  if (field.starts_with('\'') && begins_formula(field)) field.remove_prefix(1);
  return field;
}

std::string unguarded_lines(std::string_view lines) {
  std::string text;
  bool quoted = false;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t quote = !quoted && lines[at] == '"' ? 1 : 0;
    text += lines.substr(at, quote);
    at += quote;
    quoted = quoted || quote == 1;
    at += lines.substr(at).size() - unguarded(lines.substr(at)).size();
    // To the end of the field; a quote within quotes comes twice, which ends and begins them.
    for (; at < lines.size(); ++at) {
      text += lines[at];
      if (lines[at] == '"') quoted = !quoted;
      if (!quoted && (lines[at] == ',' || lines[at] == '\n')) break;
    }
    ++at;
  }
  return text;
}

void RecordWriter::separate() {
  constexpr std::size_t kUsualLine = 320;
  if (text_.empty()) text_.reserve(kUsualLine);
  if (!empty_) text_ += ',';
  empty_ = false;
}

RecordWriter& RecordWriter::add(std::string_view field) {
  separate();
  if (std::ranges::all_of(field, is_plain) && !begins_formula(field)) {
    text_ += field;
    return *this;
  }
  const std::string safe = guarded(printable(field));
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

// Most fields are numbers, and there may be ten thousand rows ten times a second: written in place.
RecordWriter& RecordWriter::add(std::uint64_t number) {
  separate();
  constexpr std::size_t kMostDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;
  const std::size_t before = text_.size();
  text_.resize_and_overwrite(before + kMostDigits, [&](char* text, std::size_t size) {
    return std::to_chars(text + before, text + size, number).ptr - text;
  });
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

Result<bool> RecordReader::read_line() {
  auto read = text::read_line(in_, text_);
  if (!read) return std::unexpected(broken(line_ + 1, std::move(read).error().what));
  if (!*read) return false;
  ++line_;
  terminated_ = !in_.eof();
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // as spreadsheets write it
  if (line_ == 1 && text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  if (text_.ends_with('\r')) text_.pop_back();
  return true;
}

Result<bool> RecordReader::next() {
  errno = 0;
  auto read = read_line();
  if (!read) return std::unexpected(std::move(read).error());
  if (!*read) {
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
      add_field(std::string_view(text_).substr(at, end - at));
      at = end;
    }
    if (at >= text_.size()) return {};
    if (text_[at] != separator_) {
      return std::unexpected(broken(record_line_, "text after a closing quote"));
    }
    ++at;
  }
}

void RecordReader::add_field(std::string_view field) {
  fields_.emplace_back(origin_ == Origin::ours ? unguarded(field) : field);
}

// From the character after the opening quote to the one after the closing quote.
Result<void> RecordReader::read_quoted(std::size_t& at) {
  std::string field;
  for (;;) {
    const std::size_t quote = text_.find('"', at);
    if (quote == std::string::npos) {
      field.append(text_, at).append("\n");
      if (field.size() > text::kLongestLine) {
        return std::unexpected(broken(record_line_, "a quote that does not close for 1 MiB"));
      }
      auto read = read_line();
      if (!read) return std::unexpected(std::move(read).error());
      if (!*read) return std::unexpected(broken(record_line_, "a quote that never closes"));
      at = 0;
      continue;
    }
    field.append(text_, at, quote - at);
    at = quote + 1;
    if (at >= text_.size() || text_[at] != '"') break;
    field += '"';
    ++at;
  }
  add_field(field);
  return {};
}

}  // namespace cgtally::csv
