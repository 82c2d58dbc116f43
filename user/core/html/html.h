// SPDX-License-Identifier: Apache-2.0
// HTML as text: the one place that escapes what comes from outside, and the elements that the page
// is made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cgtally::html {

// Harmless between tags and within quoted attributes; control characters as printable() shows them.
[[nodiscard]] std::string escaped(std::string_view text);

// The same for text of several lines, which stay lines.
[[nodiscard]] std::string escaped_lines(std::string_view text);

// The same for sentences: a number and its unit stay on one line.
[[nodiscard]] std::string escaped_sentence(std::string_view text);

// "<p class=\"c\">text</p>\n"; the text is escaped. Without a class: "<p>".
[[nodiscard]] std::string element(std::string_view tag, std::string_view text,
                                  std::string_view css_class = {});
// Likewise around HTML that is ready.
[[nodiscard]] std::string around(std::string_view tag, std::string_view html,
                                 std::string_view css_class = {});

// A table whose first `text_columns` columns are text, to the left; figures stand to the right.
class Table {
 public:
  Table(std::string caption, std::vector<std::string> heads, std::size_t text_columns)
      : caption_(std::move(caption)), heads_(std::move(heads)), text_columns_(text_columns) {}
  void add(const std::vector<std::string>& cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string html() const;

 private:
  [[nodiscard]] std::string cell(std::string_view tag, std::size_t column,
                                 std::string_view text) const;

  std::string caption_;
  std::vector<std::string> heads_;
  std::size_t text_columns_;
  std::string rows_;
};

}  // namespace cgtally::html
