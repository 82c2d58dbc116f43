// SPDX-License-Identifier: Apache-2.0
#include "core/base/json_reader.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "core/base/text.h"

namespace cgtally {
namespace {

constexpr std::size_t kDeepest = 64;

// One pass over one text. Each method reads one thing and is false if it is not there.
class JsonReader {
 public:
  JsonReader(std::string_view text, const OnJsonString& found) : text_(text), found_(found) {}

  bool document() {
    if (!value()) return false;
    skip_space();
    return text_.empty();
  }

 private:
  void skip_space() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
  }
  bool take(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  bool take_after_space(std::string_view token) {
    skip_space();
    return take(token);
  }

  bool value() {
    skip_space();
    if (text_.starts_with('"')) {
      const auto read = string();
      if (read) found_(path_, *read);
      return read.has_value();
    }
    if (take("{")) return object();
    if (take("[")) return array();
    return take("true") || take("false") || take("null") || number();
  }

  bool object() {
    if (path_.size() >= kDeepest) return false;
    if (take_after_space("}")) return true;
    std::set<std::string> keys;
    for (bool more = true; more; more = take_after_space(",")) {
      skip_space();
      auto key = string();
      if (!key || !keys.insert(*key).second || !take_after_space(":")) return false;
      path_.push_back(*std::move(key));
      if (!value()) return false;
      path_.pop_back();
    }
    return take("}");
  }

  bool array() {
    if (path_.size() >= kDeepest) return false;
    if (take_after_space("]")) return true;
    std::size_t index = 0;
    for (bool more = true; more; more = take_after_space(",")) {
      path_.push_back(std::to_string(index++));
      if (!value()) return false;
      path_.pop_back();
    }
    return take("]");
  }

  bool digits() {
    const std::size_t before = text_.size();
    while (!text_.empty() && is_digit(text_[0])) text_.remove_prefix(1);
    return text_.size() < before;
  }

  bool number() {
    (void)take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (take("e") || take("E")) {
      if (!take("+")) (void)take("-");
      return digits();
    }
    return true;
  }

  std::optional<std::uint32_t> four_digits() {
    std::uint32_t code = 0;
    if (text_.size() < 4) return std::nullopt;
    for (const char c : lower(text_.substr(0, 4))) {
      const bool letter = 'a' <= c && c <= 'f';
      if (!is_digit(c) && !letter) return std::nullopt;
      code = code * 16 + static_cast<std::uint32_t>(letter ? c - 'a' + 10 : c - '0');
    }
    text_.remove_prefix(4);
    return code;
  }

  bool escape(std::string& into) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (take("u")) {
      auto code = four_digits();
      if (!code) return false;
      if (*code >= 0xD800 && *code < 0xDC00 && take("\\u")) {
        const auto low = four_digits();
        if (!low || *low < 0xDC00 || *low >= 0xE000) return false;
        code = 0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00);
      }
      append_utf8(into, *code);
      return true;
    }
    const std::size_t which = text_.empty() ? std::string_view::npos : kNames.find(text_[0]);
    if (which == std::string_view::npos) return false;
    into += kMeant[which];
    text_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> string() {
    if (!take("\"")) return std::nullopt;
    std::string read;
    while (!take("\"")) {
      if (text_.empty() || static_cast<unsigned char>(text_[0]) < 0x20) return std::nullopt;
      if (take("\\")) {
        if (!escape(read)) return std::nullopt;
      } else {
        read += text_[0];
        text_.remove_prefix(1);
      }
    }
    return read;
  }

  std::string_view text_;
  const OnJsonString& found_;
  JsonPath path_;
};

}  // namespace

bool for_each_json_string(std::string_view text, const OnJsonString& found) {
  return JsonReader(text, found).document();
}

}  // namespace cgtally
