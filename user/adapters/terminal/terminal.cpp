// SPDX-License-Identifier: Apache-2.0
#include "adapters/terminal/terminal.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "adapters/sys/error.h"

namespace cgtally::terminal {
namespace {

constexpr const char* kClearLine = "\x1b[K";
constexpr const char* kClearBelow = "\x1b[J";

// Alternate screen, no cursor, and no wrapping: a line may be wider than we computed.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr int kPatience = 300;  // milliseconds that a terminal may take to have room for a byte
constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// For signal handlers, which take no argument of ours. A process has one terminal.
struct Saved {
  volatile std::sig_atomic_t active = 0;
  int input = -1;
  int output = -1;
  termios modes{};
  std::array<char, 512> leaving{};
  std::size_t leaving_size = 0;
};
Saved saved;

// Byte by byte, because a terminal that polls as writable may have room for one only.
bool write_soon(int fd, std::string_view text) {
  start_output(fd);
  for (std::size_t at = 0; at < text.size();) {
    pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&room, 1, kPatience);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t written = ::write(fd, &text[at], 1);
    if (written == 1) {
      ++at;
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

void restore_terminal() {
  if (saved.active == 0) return;
  saved.active = 0;
  give_back(saved.input, saved.output, saved.modes, {saved.leaving.data(), saved.leaving_size});
}

void set_leaving(std::string_view text) {
  saved.leaving_size = std::min(text.size(), saved.leaving.size());
  std::ranges::copy(text.substr(0, saved.leaving_size), saved.leaving.begin());
}

extern "C" void on_crash(int signal) {
  restore_terminal();
  // SA_RESETHAND has restored the default action: this ends the process with its core dump.
  ::raise(signal);
}

void handle_crashes() {
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : kCrashes) {
    ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace

void start_output(int fd) {
  ::tcflow(fd, TCOOFF);  // Linux starts again only what was stopped in this way
  ::tcflow(fd, TCOON);
}

void give_back(int input, int output, const termios& modes, std::string_view leaving) {
  const bool taken = write_soon(output, leaving);
  if (input >= 0) ::tcsetattr(input, taken ? TCSADRAIN : TCSANOW, &modes);
}

void restore_on_crash(int input, int output, const termios& modes, std::string_view leaving) {
  saved.input = input;
  saved.output = output;
  saved.modes = modes;
  set_leaving(leaving);
  handle_crashes();
  saved.active = 1;
}

void forget_restoring() { saved.active = 0; }

bool can_show_screen(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool wants_colour(int fd) {
  const char* refused = std::getenv("NO_COLOR");
  return can_show_screen(fd) && (refused == nullptr || *refused == '\0');
}

Size size(int fd) {
  winsize window{};
  if (::ioctl(fd, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) {
    return {};
  }
  return {.columns = window.ws_col, .rows = window.ws_row};
}

Result<void> write_all(int fd, std::string_view text, const sys::WaitForRoom& wait) {
  const int code = sys::write_all(fd, text, wait);
  if (code == 0) return {};
  const char* const hint = code == EBADF    ? "it is closed: run it without >&- (2>&-)"
                           : code == ENOSPC ? "make room, or send the output elsewhere"
                                            : "";
  return std::unexpected(
      sys::error_from(code, fd == STDERR_FILENO ? "write to stderr" : "write to stdout", hint));
}

Result<FullScreen> FullScreen::enter(int input, int output) {
  FullScreen screen(input, output, ::isatty(input) == 1);
  if (screen.keys_ && ::tcgetattr(input, &saved.modes) != 0) {
    return std::unexpected(sys::error_from(errno, "read the terminal's modes"));
  }
  saved.input = screen.keys_ ? input : -1;
  saved.output = output;
  set_leaving(kLeave);
  handle_crashes();
  screen.resume();
  return screen;
}

FullScreen::FullScreen(FullScreen&& other) noexcept
    : input_(other.input_),
      output_(other.output_),
      keys_(other.keys_),
      active_(std::exchange(other.active_, false)) {}

FullScreen::~FullScreen() { leave(); }

void FullScreen::leave() {
  if (std::exchange(active_, false)) restore_terminal();
}

void FullScreen::resume() {
  if (keys_) {
    // Keys arrive at once and are not echoed; Ctrl-C and Ctrl-Z stay signals.
    termios modes = saved.modes;
    modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 0;
    ::tcsetattr(input_, TCSADRAIN, &modes);
  }
  saved.active = 1;
  active_ = true;
  [[maybe_unused]] const bool taken = write_soon(output_, kEnter);
}

Result<void> FullScreen::paint(const std::vector<std::string>& lines,
                               const sys::WaitForRoom& wait) {
  // Clears line by line, because a screen that is cleared as a whole flickers. Clears a line before
  // writing it: after a line as wide as the screen, the cursor still is on its last character.
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool last = i + 1 == lines.size();
    text += fmt::format("{}{}{}", i == 0 ? "" : "\r\n", last ? kClearBelow : kClearLine, lines[i]);
  }
  return write_all(output_, text, wait);
}

std::optional<char> FullScreen::read_key() {
  pollfd ready{.fd = input_, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, 0) <= 0) return std::nullopt;
  char key = '\0';
  const ssize_t got = ::read(input_, &key, 1);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
  return got == 1 ? key : '\0';
}

}  // namespace cgtally::terminal
