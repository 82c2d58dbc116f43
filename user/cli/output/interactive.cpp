// SPDX-License-Identifier: Apache-2.0
#include "cli/output/interactive.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "adapters/sys/clock.h"
#include "adapters/terminal/terminal.h"
#include "cli/output/messages.h"
#include "core/base/timestamp.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kMostKeptNotices = 20;

}  // namespace

std::optional<std::string> Interactive::find_terminal() {
  if (!terminal::can_show_screen(STDOUT_FILENO)) return std::nullopt;
  auto description = terminal::find_description(STDOUT_FILENO);
  if (description) return *std::move(description);
  say(fmt::format("{}: {}", description.error().what, description.error().hint));
  return std::nullopt;
}

Result<void> Interactive::begin(const std::string& description,
                                const screen::ScreenOptions& options, screen::View view,
                                OnWish on_wish) {
  auto terminal = terminal::CursesScreen::enter(STDIN_FILENO, STDOUT_FILENO, description);
  if (!terminal) return std::unexpected(terminal.error());
  terminal_.emplace(*std::move(terminal));
  screen_.emplace(content_, options, std::move(view));
  on_wish_ = std::move(on_wish);
  loop_.on_signal([this](int signal) { handle_signal(signal); });
  if (!terminal_->has_keys()) return {};
  return loop_.poller().add(STDIN_FILENO, [this] { handle_keys(); });
}

void Interactive::report(const std::string& notice) {
  if (!terminal_) {
    say(notice);
    return;
  }
  notices_.push_back(fmt::format("{} {}", format_clock(sys::now().wall), notice));
  if (notices_.size() > kMostKeptNotices) notices_.erase(notices_.begin());
}

void Interactive::paint() {
  if (!terminal_ || failure_) return;
  content_.report.notices = notices_;
  const auto painted = terminal_->paint(screen_->draw(terminal_->size()), loop_.waiting());
  if (!painted) {
    failure_ = painted.error();
    loop_.abandon();
  }
}

std::optional<int> Interactive::end() {
  if (terminal_) {
    terminal_.reset();
    for (const std::string& notice : std::exchange(notices_, {})) say(notice);
  }
  // A terminal that has stopped taking text is no failure.
  if (!failure_ || failure_->code == ECANCELED) return std::nullopt;
  return failure_->code == EPIPE ? number(ExitCode::fine) : print_error(*failure_);
}

void Interactive::handle_keys() {
  bool any = false;
  while (const auto key = terminal_->read_key()) {
    any = true;
    const screen::Wish wish = screen_->press(*key);
    if (wish.quit) {
      loop_.finish();
      return;
    }
    on_wish_(wish);
    // The next key may depend on the rows that this one brings.
    if (key->kind != screen::KeyKind::character) (void)screen_->draw(terminal_->size());
  }
  if (any) paint();
}

void Interactive::handle_signal(int signal) {
  if (signal == SIGTSTP) {
    terminal_->leave();
    ::raise(SIGSTOP);
    terminal_->resume();
  }
  paint();
}

}  // namespace cgtally::cli
