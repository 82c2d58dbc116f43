// SPDX-License-Identifier: Apache-2.0
// Keys from a pseudo terminal: bytes that are none do not end the screen, the terminal's end does.
#include "adapters/terminal/curses_screen.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sys/fd.h"

namespace cgtally::terminal {
namespace {

class CursesScreenTest : public testing::Test {
 protected:
  CursesScreenTest() : before_(::dup(STDIN_FILENO)) {
    int user = -1;
    int program = -1;
    EXPECT_EQ(::openpty(&user, &program, nullptr, nullptr, nullptr), 0);
    user_ = sys::Fd(user);
    program_ = sys::Fd(program);
    ::setenv("TERM", "xterm", 1);
    ::dup2(program, STDIN_FILENO);  // which ncurses reads
  }
  ~CursesScreenTest() override { ::dup2(before_.get(), STDIN_FILENO); }

  void type(std::string_view bytes) {
    ASSERT_EQ(::write(user_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  static std::vector<screen::KeyKind> keys_of(CursesScreen& screen) {
    std::vector<screen::KeyKind> kinds;
    while (const auto key = screen.read_key()) {
      kinds.push_back(key->kind);
      if (key->kind == screen::KeyKind::end_of_input) break;
    }
    return kinds;
  }

  sys::Fd before_;
  sys::Fd user_;
  sys::Fd program_;
};

TEST_F(CursesScreenTest, BytesThatAreNoCharacterDoNotEndIt) {
  auto entered = CursesScreen::enter(STDIN_FILENO, program_.get(), "xterm");
  ASSERT_TRUE(entered.has_value());
  type("\xff\xfe and more than ncurses puts together\xc3");
  for (const screen::KeyKind kind : keys_of(*entered)) {
    EXPECT_NE(kind, screen::KeyKind::end_of_input);
  }
  type("\x1bOA");
  const auto keys = keys_of(*entered);
  ASSERT_FALSE(keys.empty());
  EXPECT_EQ(keys.back(), screen::KeyKind::up);

  user_ = sys::Fd();
  EXPECT_EQ(keys_of(*entered), std::vector{screen::KeyKind::end_of_input});
}

TEST_F(CursesScreenTest, IsGivenBackAfterCtrlSHasStoppedTheTerminal) {
  const auto modes = [this] {
    termios now{};
    ::tcgetattr(program_.get(), &now);
    return now.c_lflag;
  };
  const tcflag_t before = modes();
  auto entered = CursesScreen::enter(STDIN_FILENO, program_.get(), "xterm");
  ASSERT_TRUE(entered.has_value());
  EXPECT_NE(modes(), before);
  type("\x13");
  pollfd room{.fd = program_.get(), .events = POLLOUT, .revents = 0};
  while (::poll(&room, 1, 0) != 0) ::usleep(1000);
  entered->leave();
  EXPECT_EQ(modes(), before);
  // The kernel passes it on when it can.
  std::string seen;
  pollfd more{.fd = user_.get(), .events = POLLIN, .revents = 0};
  while (seen.find("\x1b[?1049l") == std::string::npos) {
    ASSERT_EQ(::poll(&more, 1, 10'000), 1) << seen;
    std::array<char, 4096> text{};
    const ssize_t got = ::read(user_.get(), text.data(), text.size());
    ASSERT_GT(got, 0);
    seen.append(text.data(), static_cast<std::size_t>(got));
  }
  entered->resume();
  EXPECT_NE(modes(), before);
}

}  // namespace
}  // namespace cgtally::terminal
