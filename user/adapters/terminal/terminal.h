// SPDX-License-Identifier: Apache-2.0
// The user's terminal: its abilities, its size, and the full screen.
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

// True for a terminal that understands cursor movement: TERM is set and not "dumb".
[[nodiscard]] bool can_show_screen(int fd);
// True for such a terminal if NO_COLOR is unset or empty (no-color.org).
[[nodiscard]] bool wants_colour(int fd);
[[nodiscard]] Size size(int fd);  // 80 x 24 if it is not known

// Writes all of `text`. EPIPE: the reader has gone. ECANCELED: `wait` abandoned the write.
Result<void> write_all(int fd, std::string_view text, const sys::WaitForRoom& wait = {});

// What Ctrl-S has stopped goes on, as after Ctrl-C.
void start_output(int fd);

// Writes `leaving` to `output`, and gives `input` these modes unless it is -1. A terminal that
// Ctrl-S has stopped goes on; one that nobody reads gets what it takes, because a program must be
// able to end. For signal handlers too.
void give_back(int input, int output, const termios& modes, std::string_view leaving);

// From here on a crash writes `leaving` to `output`, and gives `input` these modes unless it is -1.
// A process has one terminal.
void restore_on_crash(int input, int output, const termios& modes, std::string_view leaving);
void forget_restoring();

// The full screen of credits, held by Display. Restores the terminal whatever ends the
// program: in the destructor, and in a handler for the signals of a crash. Does not lay out what it
// paints.
class FullScreen {
 public:
  // Takes over the alternate screen of `output`; keys come from `input` if that is a terminal.
  static Result<FullScreen> enter(int input, int output);

  FullScreen(FullScreen&& other) noexcept;
  FullScreen& operator=(FullScreen&&) = delete;
  ~FullScreen();

  Result<void> paint(const std::vector<std::string>& lines, const sys::WaitForRoom& wait = {});
  void leave();   // restores the terminal; may be called twice
  void resume();  // enters the full screen again, after a stop

  [[nodiscard]] bool has_keys() const { return keys_; }
  // The next pending key; '\0' at the end of the input. Never blocks.
  [[nodiscard]] std::optional<char> read_key();

 private:
  FullScreen(int input, int output, bool keys) : input_(input), output_(output), keys_(keys) {}

  int input_;
  int output_;
  bool keys_;
  bool active_ = false;
};

}  // namespace cgtally::terminal
