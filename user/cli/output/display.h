// SPDX-License-Identifier: Apache-2.0
// Where a command shows how things stand: a full screen on a terminal, lines on whatever else
// stdout is. Takes care of keys, of stops and of another size, and of what the user should hear
// meanwhile: on the screen while it is up, and on stderr afterwards, or at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/terminal/terminal.h"
#include "core/base/result.h"
#include "monitor/event_loop.h"

namespace cgtally::cli {

class Display {
 public:
  explicit Display(monitor::EventLoop& rounds) : rounds_(rounds) {}
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  // Takes over the terminal, if stdout is one that can show a screen; `repaint` is called when its
  // size has changed. Without it there are lines.
  Result<void> begin_screen(std::function<void()> repaint);
  [[nodiscard]] bool on_screen() const { return screen_.has_value(); }
  [[nodiscard]] static terminal::Size size();

  void report(const std::string& notice);
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }  // bounded

  // Onto the screen, or behind the lines that are there. Where nobody reads on, the rounds end.
  void show(const std::vector<std::string>& lines);
  // Gives the terminal back, and says what was noted. The exit code, if showing has failed.
  std::optional<int> end();

 private:
  void take_keys();
  void take_signal(int signal);

  monitor::EventLoop& rounds_;
  std::function<void()> repaint_;
  std::optional<terminal::FullScreen> screen_;
  std::vector<std::string> notices_;
  std::optional<Error> failure_;
};

}  // namespace cgtally::cli
