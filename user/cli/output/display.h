// SPDX-License-Identifier: Apache-2.0
// The output of live and credits: a full screen if stdout is a terminal, lines otherwise.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/terminal/terminal.h"
#include "core/base/result.h"
#include "monitor/event_loop.h"

namespace cgtally::cli {

// Shows lines and notices. Handles the keys, a stop by Ctrl-Z and a new size of the terminal.
// Notices are kept while the full screen is up, and printed to stderr at its end; without it, at
// once. Does not compose the lines.
class Display {
 public:
  explicit Display(monitor::EventLoop& rounds) : rounds_(rounds) {}
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  // Enters the full screen if stdout is a terminal that can show one. Calls `repaint` when the size
  // of the terminal has changed.
  Result<void> begin_screen(std::function<void()> repaint);
  [[nodiscard]] bool on_screen() const { return screen_.has_value(); }
  [[nodiscard]] static terminal::Size size();

  void report(const std::string& notice);
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }  // bounded

  // Paints the screen, or writes after the lines that are there. If the reader has gone, ends the
  // loop.
  void show(const std::vector<std::string>& lines);
  // Restores the terminal and prints the notices. Returns the exit code if showing has failed.
  std::optional<int> end();

 private:
  void handle_keys();
  void handle_signal(int signal);

  monitor::EventLoop& rounds_;
  std::function<void()> repaint_;
  std::optional<terminal::FullScreen> screen_;
  std::vector<std::string> notices_;
  std::optional<Error> failure_;
};

}  // namespace cgtally::cli
