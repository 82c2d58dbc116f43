// SPDX-License-Identifier: Apache-2.0
// JSON for every command with --json: one place that separates, quotes and escapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cgtally {

// The text in quotes. Names may hold any byte: those that are not UTF-8 or control a terminal come
// as printable() shows them, so that a name is the same text in JSON and in CSV.
[[nodiscard]] std::string json_string(std::string_view text);

// A document, built value by value in the order of the calls. Each element of an array begins a
// line, so that line tools can read it, too. Does not check that begins and ends match.
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);  // its value is the next call
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(bool truth);
  JsonWriter& value(double number);  // null if it is not finite
  JsonWriter& null();
  // An array of numbers, on one line.
  JsonWriter& row(const std::vector<std::uint64_t>& numbers);
  [[nodiscard]] std::string document() &&;  // with a '\n' at its end

 private:
  void separate();

  std::string text_;
  std::string open_;  // '[' and '{' that are open
  bool need_comma_ = false;
  bool after_key_ = false;
};

}  // namespace cgtally
