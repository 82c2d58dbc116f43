// SPDX-License-Identifier: Apache-2.0
// What a person does at the terminal: a key, or the mouse. The adapter makes these of a terminal's
// bytes; Screen acts on them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cgtally::screen {

enum class KeyKind : std::uint8_t {
  character,  // `character` says which
  enter,
  escape,
  backspace,
  tab,
  back_tab,
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  help,  // F1
  click,
  wheel_up,
  wheel_down,
  end_of_input,  // the terminal has gone
};

struct Key {
  KeyKind kind = KeyKind::character;
  char32_t character = 0;
  std::size_t row = 0;  // of the mouse, from 0
  std::size_t column = 0;
};

}  // namespace cgtally::screen
