// SPDX-License-Identifier: Apache-2.0
#define NCURSES_NOMACROS
#include "adapters/terminal/curses_screen.h"

#include <curses.h>
#include <fmt/core.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sys/error.h"
#include "adapters/terminal/terminal.h"
#include "core/base/text.h"

// <term.h> defines macros of such names as "tab" and "columns".
extern "C" int setupterm(const char* term, int output, int* failure);

namespace cgtally::terminal {
namespace {

constexpr int kEscapeDelay = 25;  // milliseconds until Esc is a key and no beginning of another
constexpr short kGreen = 1;
constexpr short kYellow = 2;
constexpr short kCyan = 3;

bool is_unset(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0';
}

// Where nobody has chosen a locale, as in a container, names are shown as what they are: UTF-8.
bool choose_locale() {
  std::setlocale(LC_CTYPE, "");
  if (is_unset("LC_ALL") && is_unset("LC_CTYPE") && is_unset("LANG")) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

// Fonts of the console and of old terminals have no eighths of a block.
bool shows_blocks() {
  const char* term = std::getenv("TERM");
  const std::string_view name = term == nullptr ? "" : term;
  return !name.starts_with("linux") && !name.starts_with("vt");
}

// Of a terminal that takes no UTF-8: as many '?' as the character is wide.
std::string in_ascii(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
      ++length;
    }
    const std::string_view one = text.substr(0, length);
    const bool plain = static_cast<unsigned char>(one.front()) < 0x80;
    result += plain ? std::string(one) : std::string(display_width(one), '?');
    text.remove_prefix(length);
  }
  return result;
}

chtype attributes_of(screen::Style style, bool colour) {
  const auto pair = [colour](short number) {
    return colour ? static_cast<chtype>(COLOR_PAIR(number)) : 0U;
  };
  switch (style) {
    case screen::Style::plain:
      return A_NORMAL;
    case screen::Style::heading:
      return A_BOLD;
    case screen::Style::chosen_heading:
      return A_BOLD | A_UNDERLINE;
    case screen::Style::dim:
      return A_DIM;
    case screen::Style::bar:
      return pair(kGreen);
    case screen::Style::warning:
      return A_BOLD | pair(kYellow);
    case screen::Style::selected:
      return A_REVERSE;
    case screen::Style::keys:
      return pair(kCyan);
  }
  return A_NORMAL;
}

// Returns whether there is colour.
bool set_up(bool colour) {
  ::cbreak();
  ::noecho();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::typeahead(-1);
  ::set_escdelay(kEscapeDelay);
  ::curs_set(0);
  ::mouseinterval(0);
  ::mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, nullptr);
  if (!colour || !::has_colors() || ::start_color() != OK) return false;
  const short background = ::use_default_colors() == OK ? short{-1} : short{COLOR_BLACK};
  ::init_pair(kGreen, COLOR_GREEN, background);
  ::init_pair(kYellow, COLOR_YELLOW, background);
  ::init_pair(kCyan, COLOR_CYAN, background);
  return true;
}

// A capability's text without the padding of terminals that needed time.
std::string capability(const char* name) {
  const char* value = ::tigetstr(name);
  if (value == nullptr || reinterpret_cast<std::intptr_t>(value) == -1) return {};
  std::string text = value;
  for (std::size_t at = text.find("$<"); at != std::string::npos; at = text.find("$<", at)) {
    const std::size_t end = text.find('>', at);
    if (end == std::string::npos) break;
    text.erase(at, end - at + 1);
  }
  return text;
}

std::string leaving_text() {
  const std::string mouse = capability("kmous").empty() ? "" : "\x1b[?1006;1000l";
  return mouse + capability("sgr0") + capability("rmkx") + capability("cnorm") +
         capability("rmcup");
}

std::optional<screen::KeyKind> function_key(wint_t code) {
  using enum screen::KeyKind;
  switch (code) {
    case KEY_UP:
      return up;
    case KEY_DOWN:
      return down;
    case KEY_LEFT:
      return left;
    case KEY_RIGHT:
      return right;
    case KEY_PPAGE:
      return page_up;
    case KEY_NPAGE:
      return page_down;
    case KEY_HOME:
      return home;
    case KEY_END:
      return end;
    case KEY_BACKSPACE:
      return backspace;
    case KEY_ENTER:
      return enter;
    case KEY_BTAB:
      return back_tab;
    case KEY_F0 + 1:
      return help;
    default:
      return std::nullopt;
  }
}

screen::Key character_key(wint_t code) {
  using enum screen::KeyKind;
  switch (code) {
    case L'\r':
    case L'\n':
      return {.kind = enter};
    case 0x1B:
      return {.kind = escape};
    case L'\t':
      return {.kind = tab};
    case 0x08:
    case 0x7F:
      return {.kind = backspace};
    default:
      return {.kind = character, .character = static_cast<char32_t>(code)};
  }
}

std::optional<screen::Key> mouse_key() {
  using enum screen::KeyKind;
  MEVENT event{};
  if (::getmouse(&event) != OK || event.x < 0 || event.y < 0) return std::nullopt;
  const screen::KeyKind kind = (event.bstate & BUTTON4_PRESSED) != 0   ? wheel_up
                               : (event.bstate & BUTTON5_PRESSED) != 0 ? wheel_down
                                                                       : click;
  return screen::Key{.kind = kind,
                     .row = static_cast<std::size_t>(event.y),
                     .column = static_cast<std::size_t>(event.x)};
}

}  // namespace

Result<std::string> find_description(int output) {
  // Terminals that understand what xterm does, and say so in no part of their name.
  static constexpr std::array<std::string_view, 5> kLikeXterm{"alacritty", "foot", "ghostty",
                                                              "konsole", "wezterm"};
  const char* term = std::getenv("TERM");
  const std::string own = term == nullptr ? "" : term;
  std::vector<std::string> names{own, own.substr(0, own.find('-'))};
  if (std::ranges::any_of(kLikeXterm, [&](std::string_view one) { return own.starts_with(one); })) {
    names.emplace_back("xterm-256color");
  }
  for (const std::string& name : names) {
    int failure = 0;
    if (!name.empty() && ::setupterm(name.c_str(), output, &failure) == OK) return name;
  }
  return std::unexpected(
      Error{.what = fmt::format("the terminal '{}' has no description here, so there is no screen",
                                printable(own)),
            .hint = "set TERM to xterm-256color, or install ncurses-term"});
}

Result<CursesScreen> CursesScreen::enter(int input, int output, const std::string& description) {
  CursesScreen screen;
  screen.input_ = input;
  screen.output_ = output;
  screen.keys_ = ::isatty(input) == 1;
  screen.memory_ = sys::Fd(::memfd_create("cgtally-screen", MFD_CLOEXEC));
  const int duplicate = ::dup(output);
  if (screen.memory_.get() < 0 || duplicate < 0) {
    return std::unexpected(sys::error_from(errno, "prepare the screen"));
  }
  if (::tcgetattr(output, &screen.modes_) != 0) {
    return std::unexpected(sys::error_from(errno, "read the terminal's modes"));
  }
  screen.file_.reset(::fdopen(duplicate, "w"));
  screen.utf8_ = choose_locale();
  start_output(output);
  if (::newterm(description.c_str(), screen.file_.get(), stdin) == nullptr) {
    return std::unexpected(
        Error{.what = "ncurses cannot use this terminal", .hint = "set TERM to xterm-256color"});
  }
  screen.colour_ = set_up(wants_colour(output));
  restore_on_crash(output, output, screen.modes_, leaving_text());
  screen.active_ = true;
  (void)::refresh();  // the modes of the terminal, directly
  screen.write_to_memory();
  return screen;
}

CursesScreen::CursesScreen(CursesScreen&& other) noexcept
    : input_(other.input_),
      output_(other.output_),
      keys_(other.keys_),
      utf8_(other.utf8_),
      colour_(other.colour_),
      active_(std::exchange(other.active_, false)),
      modes_(other.modes_),
      file_(std::move(other.file_)),
      memory_(std::move(other.memory_)) {}

CursesScreen::~CursesScreen() { leave(); }

void CursesScreen::write_to_terminal() { ::dup2(output_, ::fileno(file_.get())); }
void CursesScreen::write_to_memory() { ::dup2(memory_.get(), ::fileno(file_.get())); }

void CursesScreen::leave() {
  if (!std::exchange(active_, false)) return;
  (void)::endwin();  // into memory: its modes are given back below
  give_back(output_, output_, modes_, taken());
  forget_restoring();
}

void CursesScreen::resume() {
  write_to_terminal();
  start_output(output_);
  ::clearok(curscr, TRUE);
  (void)::refresh();
  restore_on_crash(output_, output_, modes_, leaving_text());
  write_to_memory();
  active_ = true;
}

screen::Size CursesScreen::size() const {
  const Size now = terminal::size(output_);
  return {.columns = now.columns, .rows = now.rows, .unicode = utf8_ && shows_blocks()};
}

Result<void> CursesScreen::paint(const screen::Frame& frame, const sys::WaitForRoom& wait) {
  const Size now = terminal::size(output_);
  const int rows = static_cast<int>(now.rows);
  if (rows != LINES || static_cast<int>(now.columns) != COLS) {
    ::resizeterm(rows, static_cast<int>(now.columns));
    ::clearok(curscr, TRUE);
  }
  for (int row = 0; row < rows; ++row) {
    ::wmove(stdscr, row, 0);
    ::wattrset(stdscr, A_NORMAL);
    ::wclrtoeol(stdscr);
    if (static_cast<std::size_t>(row) >= frame.lines.size()) continue;
    for (const screen::Span& span : frame.lines[static_cast<std::size_t>(row)].spans()) {
      ::wattrset(stdscr, static_cast<int>(attributes_of(span.style, colour_)));
      ::waddstr(stdscr, utf8_ ? span.text.c_str() : in_ascii(span.text).c_str());
    }
  }
  (void)::wrefresh(stdscr);
  return write_all(output_, taken(), wait);
}

std::string CursesScreen::taken() {
  const off_t end = ::lseek(memory_.get(), 0, SEEK_CUR);
  std::string text(static_cast<std::size_t>(end > 0 ? end : 0), '\0');
  const ssize_t got = ::pread(memory_.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  ::lseek(memory_.get(), 0, SEEK_SET);
  return text;
}

bool CursesScreen::input_is_ready() const {
  pollfd ready{.fd = input_, .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, 0) > 0;
}

int CursesScreen::pending_bytes() const {
  int bytes = 0;
  return ::ioctl(input_, FIONREAD, &bytes) == 0 ? bytes : 0;
}

std::optional<screen::Key> CursesScreen::read_key() {
  constexpr int kMostVainReads = 3;  // bytes may have come while others were taken
  for (int vain = 0; vain < kMostVainReads;) {
    const bool ready = input_is_ready();
    const int before = pending_bytes();
    wint_t code = 0;
    const int got = ::wget_wch(stdscr, &code);
    if (got == ERR) {
      if (!ready || !input_is_ready()) return std::nullopt;
      // Bytes that are no character of the locale are taken without a key: more may follow.
      if (pending_bytes() >= before) ++vain;
      continue;
    }
    if (got != KEY_CODE_YES) return character_key(code);
    if (code == KEY_MOUSE) {
      if (const auto key = mouse_key()) return key;
    } else if (const auto kind = function_key(code)) {
      return screen::Key{.kind = *kind};
    }
  }
  // Nothing is taken although there is something: the terminal has gone.
  return screen::Key{.kind = screen::KeyKind::end_of_input};
}

}  // namespace cgtally::terminal
