// SPDX-License-Identifier: Apache-2.0
// The interactive screen on the user's terminal, by ncurses: puts frames onto it, and reads keys
// and the mouse.
#pragma once

#include <termios.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "adapters/sys/fd.h"
#include "adapters/sys/write.h"
#include "core/base/result.h"
#include "core/screen/frame.h"
#include "core/screen/keys.h"

namespace cgtally::terminal {

// The name of a description (terminfo) that fits the user's terminal: TERM; where that is not known
// on this host, its family, "xterm" for "xterm-kitty". An Error if there is none: then no screen
// can be shown.
[[nodiscard]] Result<std::string> find_description(int output);

// Held by Interactive; there is one in a process. Restores the terminal whatever ends the program:
// in the destructor, and in a handler for the signals of a crash. Ctrl-C and Ctrl-Z stay signals.
// Nothing blocks: what ncurses writes goes through memory, and from there as the terminal takes it.
class CursesScreen {
 public:
  // `description`: of find_description().
  static Result<CursesScreen> enter(int input, int output, const std::string& description);

  CursesScreen(CursesScreen&& other) noexcept;
  CursesScreen& operator=(CursesScreen&&) = delete;
  ~CursesScreen();

  // The size as it is now.
  [[nodiscard]] screen::Size size() const;
  // EPIPE: the terminal has gone. ECANCELED: `wait` abandoned the write.
  Result<void> paint(const screen::Frame& frame, const sys::WaitForRoom& wait = {});
  void leave();   // restores the terminal; may be called twice
  void resume();  // enters the screen again, after a stop

  [[nodiscard]] bool has_keys() const { return keys_; }
  // The next pending key. Never blocks for longer than a key's own bytes take.
  [[nodiscard]] std::optional<screen::Key> read_key();

 private:
  struct FileCloser {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): C has no type for who owns a FILE
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  CursesScreen() = default;
  [[nodiscard]] std::string taken();  // what ncurses has written to memory; once
  void write_to_terminal();           // from here on, directly
  void write_to_memory();
  [[nodiscard]] bool input_is_ready() const;
  [[nodiscard]] int pending_bytes() const;

  int input_ = -1;
  int output_ = -1;
  bool keys_ = false;
  bool utf8_ = false;
  bool colour_ = false;
  bool active_ = false;
  termios modes_{};                              // of the output, as they were
  std::unique_ptr<std::FILE, FileCloser> file_;  // what ncurses takes for the terminal
  sys::Fd memory_;
};

}  // namespace cgtally::terminal
