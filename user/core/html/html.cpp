// SPDX-License-Identifier: Apache-2.0
#include "core/html/html.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/text.h"

namespace cgtally::html {
namespace {

std::string opening(std::string_view tag, std::string_view css_class) {
  return css_class.empty() ? fmt::format("<{}>", tag)
                           : fmt::format("<{} class=\"{}\">", tag, css_class);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string escaped_sentence(std::string_view text) {
  const std::string plain = escaped(text);
  std::string html;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const bool after_number = i > 0 && is_digit(plain[i - 1]);
    html += plain[i] == ' ' && after_number ? "&nbsp;" : std::string(1, plain[i]);
  }
  return html;
}

std::string escaped_lines(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    html += escaped(text.substr(0, end));
    if (end < text.size()) html += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return html;
}

std::string element(std::string_view tag, std::string_view text, std::string_view css_class) {
  return around(tag, escaped(text), css_class);
}

std::string around(std::string_view tag, std::string_view html, std::string_view css_class) {
  return fmt::format("{}{}</{}>\n", opening(tag, css_class), html, tag);
}

std::string Table::cell(std::string_view tag, std::size_t column, std::string_view text) const {
  const std::string_view scope = tag == "th" ? " scope=\"col\"" : "";
  const std::string_view side = column < text_columns_ ? "" : " class=\"n\"";
  return fmt::format("<{}{}{}>{}</{}>", tag, scope, side, escaped(text), tag);
}

void Table::add(const std::vector<std::string>& cells) {
  rows_ += "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) rows_ += cell("td", i, cells[i]);
  rows_ += "</tr>\n";
}

std::string Table::html() const {
  std::string head;
  for (std::size_t i = 0; i < heads_.size(); ++i) head += cell("th", i, heads_[i]);
  return fmt::format(
      "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n"
      "<caption>{0}</caption>\n<thead><tr>{1}</tr></thead>\n<tbody>\n{2}</tbody></table></div>\n",
      escaped(caption_), head, rows_);
}

}  // namespace cgtally::html
