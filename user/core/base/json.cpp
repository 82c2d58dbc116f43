// SPDX-License-Identifier: Apache-2.0
// Only the quote and the backslash need an escape of JSON's own: printable() leaves no control
// character.
#include "core/base/json.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/base/text.h"

namespace cgtally {

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

void JsonWriter::separate() {
  if (std::exchange(after_key_, false)) return;
  if (need_comma_) text_ += ',';
  if (open_.ends_with('[')) text_ += '\n';
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  text_ += '{';
  open_ += '{';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  text_ += '}';
  open_.pop_back();
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  text_ += '[';
  open_ += '[';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  text_ += need_comma_ ? "\n]" : "]";
  open_.pop_back();
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  text_ += json_string(name) + ':';
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  text_ += json_string(text);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  separate();
  text_ += fmt::format("{}", number);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  separate();
  text_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  text_ += fmt::format("{}", number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  text_ += "null";
  return *this;
}

JsonWriter& JsonWriter::row(const std::vector<std::uint64_t>& numbers) {
  separate();
  text_ += fmt::format("[{}]", fmt::join(numbers, ","));
  return *this;
}

std::string JsonWriter::document() && {
  text_ += '\n';
  return std::move(text_);
}

}  // namespace cgtally
