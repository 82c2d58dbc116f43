// SPDX-License-Identifier: Apache-2.0
// The names of an enum's values as one table, for printing and for parsing, instead of a switch in
// each direction. The enumerators must count up from 0; a table that lacks a name does not compile.
//   constexpr EnumNames<Basis::prior> kBasisNames{"told", "learned", "prior"};
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace cgtally {

// `Last` is the enum's last enumerator. Names are string literals: the table owns no text.
template <auto Last>
  requires std::is_enum_v<decltype(Last)>
class EnumNames {
 public:
  using Enum = decltype(Last);
  static constexpr std::size_t kCount = static_cast<std::size_t>(Last) + 1;

  template <typename... Names>
    requires(sizeof...(Names) == kCount)
  explicit consteval EnumNames(const Names&... names) : names_{names...} {}

  [[nodiscard]] constexpr std::string_view operator[](Enum value) const {
    return names_.at(static_cast<std::size_t>(value));
  }
  // The value of that name; std::nullopt if the enum has no such value.
  [[nodiscard]] constexpr std::optional<Enum> parse(std::string_view name) const {
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<Enum>(found - names_.begin());
  }
  [[nodiscard]] constexpr const std::array<std::string_view, kCount>& all() const { return names_; }

 private:
  std::array<std::string_view, kCount> names_;
};

}  // namespace cgtally
