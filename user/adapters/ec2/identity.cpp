// SPDX-License-Identifier: Apache-2.0
#include "adapters/ec2/identity.h"

#include <algorithm>

namespace cgtally::ec2 {
namespace {

constexpr std::size_t kLongestName = 64;

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

bool looks_like_type(std::string_view text) {
  const std::size_t point = text.find('.');
  return text.size() <= kLongestName && point != std::string_view::npos &&
         is_word(text.substr(0, point)) && is_word(text.substr(point + 1));
}

bool looks_like_instance_id(std::string_view text) {
  return text.size() <= kLongestName && text.starts_with("i-") && is_word(text.substr(2));
}

}  // namespace cgtally::ec2
