// SPDX-License-Identifier: Apache-2.0
// The interactive screen of live and replay: connects Screen, the terminal and the event loop.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/terminal/curses_screen.h"
#include "core/base/result.h"
#include "core/screen/screen.h"
#include "monitor/event_loop.h"

namespace cgtally::cli {

// Gives keys to the Screen and paints after each of them. Handles a stop by Ctrl-Z and a new size
// of the terminal. Keeps notices while the screen is up, and prints them to stderr at its end.
class Interactive {
 public:
  using OnWish = std::function<void(const screen::Wish&)>;

  // Both must outlive this.
  Interactive(monitor::EventLoop& loop, screen::Content& content)
      : loop_(loop), content_(content) {}
  Interactive(const Interactive&) = delete;
  Interactive& operator=(const Interactive&) = delete;

  // The terminal's description if a screen can be shown on stdout. Says why if it cannot be
  // although stdout is a terminal.
  [[nodiscard]] static std::optional<std::string> find_terminal();

  // `on_wish`: for what the command has to do after a key; q ends the loop without it.
  Result<void> begin(const std::string& description, const screen::ScreenOptions& options,
                     screen::View view, OnWish on_wish);
  [[nodiscard]] bool is_up() const { return terminal_.has_value(); }
  void report(const std::string& notice);
  // If the terminal has gone, ends the loop.
  void paint();
  // Restores the terminal and prints the notices. Returns the exit code if painting has failed.
  std::optional<int> end();

 private:
  void handle_keys();
  void handle_signal(int signal);

  monitor::EventLoop& loop_;
  screen::Content& content_;
  OnWish on_wish_;
  std::optional<screen::Screen> screen_;
  std::optional<terminal::CursesScreen> terminal_;
  std::vector<std::string> notices_;
  std::optional<Error> failure_;
};

}  // namespace cgtally::cli
