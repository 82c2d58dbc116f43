// SPDX-License-Identifier: Apache-2.0
#include "cli/output/display.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "adapters/sys/clock.h"
#include "cli/output/messages.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kMostNotices = 20;

}  // namespace

Result<void> Display::begin_screen(std::function<void()> repaint) {
  if (!terminal::can_show_screen(STDOUT_FILENO)) return {};
  auto screen = terminal::FullScreen::enter(STDIN_FILENO, STDOUT_FILENO);
  if (!screen) return std::unexpected(screen.error());
  screen_.emplace(std::move(*screen));
  repaint_ = std::move(repaint);
  rounds_.on_signal([this](int signal) { handle_signal(signal); });
  if (!screen_->has_keys()) return {};
  return rounds_.poller().add(STDIN_FILENO, [this] { handle_keys(); });
}

terminal::Size Display::size() { return terminal::size(STDOUT_FILENO); }

void Display::report(const std::string& notice) {
  if (!screen_) {
    say(notice);
    return;
  }
  notices_.push_back(fmt::format("{} {}", format_clock(sys::now().wall), notice));
  if (notices_.size() > kMostNotices) notices_.erase(notices_.begin());
}

void Display::show(const std::vector<std::string>& lines) {
  Result<void> shown;
  if (screen_) {
    shown = screen_->paint(lines, rounds_.waiting());
  } else {
    std::string text;
    for (const std::string& line : lines) text += fmt::format("{}\n", printable(line));
    shown = terminal::write_all(STDOUT_FILENO, text, rounds_.waiting());
  }
  if (!shown) {
    failure_ = shown.error();
    rounds_.abandon();
  }
}

std::optional<int> Display::end() {
  if (screen_) {
    screen_.reset();
    for (const std::string& notice : std::exchange(notices_, {})) {
      say(notice);
    }
  }
  // A reader that has stopped reading is no failure: nobody needs all of the lines.
  if (!failure_ || failure_->code == ECANCELED) return std::nullopt;
  return failure_->code == EPIPE ? number(ExitCode::fine) : print_error(*failure_);
}

void Display::handle_keys() {
  while (const auto key = screen_->read_key()) {
    if (*key == 'q' || *key == 'Q' || *key == '\0') {
      rounds_.finish();
      return;
    }
  }
}

void Display::handle_signal(int signal) {
  if (signal == SIGTSTP) {
    screen_->leave();
    ::raise(SIGSTOP);
    screen_->resume();
  }
  repaint_();
}

}  // namespace cgtally::cli
