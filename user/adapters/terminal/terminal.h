// SPDX-License-Identifier: Apache-2.0
// The user's terminal: what it is, and the full screen. Whatever ends the program, the terminal is
// given back as it was: by the destructor, and by a handler for the signals of a crash.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sys/write.h"
#include "core/base/result.h"

namespace cgtally::terminal {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// A terminal that understands cursor movement (TERM is set and not "dumb").
[[nodiscard]] bool can_show_screen(int fd);
// A terminal, and NO_COLOR is not set (no-color.org: any text that is not empty).
[[nodiscard]] bool wants_colour(int fd);
[[nodiscard]] Size size(int fd);  // 80 x 24 where it is not known

// All of it, whatever the kernel takes at a time; EPIPE where nobody reads any more, ECANCELED
// where `wait` gave up.
Result<void> write_all(int fd, std::string_view text, const sys::WaitForRoom& wait = {});

class FullScreen {
 public:
  // Takes over the alternate screen of `output`; keys come from `input` if that is a terminal.
  static Result<FullScreen> enter(int input, int output);

  FullScreen(FullScreen&& other) noexcept;
  FullScreen& operator=(FullScreen&&) = delete;
  ~FullScreen();

  Result<void> paint(const std::vector<std::string>& lines, const sys::WaitForRoom& wait = {});
  void leave();   // gives the terminal back; twice does no harm
  void resume();  // takes it again, after a stop

  [[nodiscard]] bool has_keys() const { return keys_; }
  // The next key that waits; '\0' at the end of the input. Never blocks.
  [[nodiscard]] std::optional<char> take_key();

 private:
  FullScreen(int input, int output, bool keys) : input_(input), output_(output), keys_(keys) {}

  int input_;
  int output_;
  bool keys_;
  bool active_ = false;
};

}  // namespace cgtally::terminal
