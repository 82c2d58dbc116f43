// SPDX-License-Identifier: Apache-2.0
// SharedText: a text that thousands of rows have in common, held once. It never changes, so a copy
// costs no memory, and rows that share one tell so without a look at its bytes.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cgtally {

// For the host, the ledger and the names in a sample. Reads as a std::string; two of the same
// bytes are equal, whether they share them or not.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(std::string_view text) : SharedText(std::string(text)) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  [[nodiscard]] const std::string& str() const { return text_ ? *text_ : kNone; }
  [[nodiscard]] bool empty() const { return !text_; }
  operator const std::string&() const { return str(); }
  operator std::string_view() const { return str(); }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.text_ == b.text_ || a.str() == b.str();
  }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.str() == b; }
  friend bool operator==(const SharedText& a, const std::string& b) { return a.str() == b; }
  friend bool operator==(const SharedText& a, const char* b) { return a.str() == b; }
  friend auto operator<=>(const SharedText& a, const SharedText& b) { return a.str() <=> b.str(); }

 private:
  static inline const std::string kNone;

  std::shared_ptr<const std::string> text_;  // null: empty
};

// For fmt.
[[nodiscard]] inline const std::string& format_as(const SharedText& text) { return text.str(); }

}  // namespace cgtally
