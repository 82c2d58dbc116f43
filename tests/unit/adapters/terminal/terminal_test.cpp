// SPDX-License-Identifier: Apache-2.0
// The full screen on a pseudo terminal, which is restored at the end.
#include "adapters/terminal/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/sys/fd.h"

namespace cgtally::terminal {
namespace {

class TerminalTest : public testing::Test {
 protected:
  TerminalTest() {
    int user = -1;
    int program = -1;
    const winsize window{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::openpty(&user, &program, nullptr, nullptr, &window) != 0) {
      ADD_FAILURE() << "openpty";
    }
    user_ = sys::Fd(user);
    program_ = sys::Fd(program);
    ::fcntl(user, F_SETFL, O_NONBLOCK);
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }

  // The text that the terminal has received so far.
  std::string seen() {
    std::string text(4096, '\0');
    const ssize_t got = ::read(user_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  // Whether the terminal receives `text` within ten seconds: the kernel passes it on when it can.
  bool sees(std::string_view text) {
    std::string all = seen();
    pollfd more{.fd = user_.get(), .events = POLLIN, .revents = 0};
    while (all.find(text) == std::string::npos && ::poll(&more, 1, 10'000) == 1) all += seen();
    return all.find(text) != std::string::npos;
  }
  tcflag_t local_modes() {
    termios modes{};
    ::tcgetattr(program_.get(), &modes);
    return modes.c_lflag;
  }
  // Ctrl-S: the terminal takes nothing until Ctrl-Q.
  void stop() {
    ASSERT_EQ(::write(user_.get(), "\x13", 1), 1);
    pollfd room{.fd = program_.get(), .events = POLLOUT, .revents = 0};
    while (::poll(&room, 1, 0) != 0) ::usleep(1000);
  }
  // As when nobody reads what the terminal shows.
  void fill() {
    ::fcntl(program_.get(), F_SETFL, O_NONBLOCK);
    while (::write(program_.get(), "x", 1) == 1) {
    }
    ::fcntl(program_.get(), F_SETFL, 0);
  }
  Result<FullScreen> enter() { return FullScreen::enter(program_.get(), program_.get()); }

  sys::Fd user_;
  sys::Fd program_;
};

TEST_F(TerminalTest, IsGivenBackAsItWas) {
  const tcflag_t before = local_modes();
  {
    auto screen = enter();
    ASSERT_TRUE(screen.has_value());
    EXPECT_TRUE(sees("\x1b[?1049h"));
    EXPECT_EQ(local_modes() & (ICANON | ECHO), 0U);
    EXPECT_NE(local_modes() & ISIG, 0U);  // Ctrl-C stays a signal
  }
  EXPECT_EQ(local_modes(), before);
  EXPECT_TRUE(sees("\x1b[?1049l"));
}

TEST_F(TerminalTest, IsGivenBackForAStopAndTakenAgain) {
  const tcflag_t before = local_modes();
  auto screen = enter();
  ASSERT_TRUE(screen.has_value());
  screen->leave();
  EXPECT_EQ(local_modes(), before);
  screen->resume();
  EXPECT_EQ(local_modes() & ICANON, 0U);
}

TEST_F(TerminalTest, IsGivenBackByACrashToo) {
  const tcflag_t before = local_modes();
  EXPECT_EXIT(
      {
        auto screen = enter();
        std::abort();
      },
      testing::KilledBySignal(SIGABRT), "");
  EXPECT_EQ(local_modes(), before);
  EXPECT_TRUE(sees("\x1b[?1049l"));
}

TEST_F(TerminalTest, IsGivenBackAfterCtrlSHasStoppedIt) {
  const tcflag_t before = local_modes();
  auto screen = enter();
  ASSERT_TRUE(screen.has_value());
  stop();
  screen->leave();
  EXPECT_EQ(local_modes(), before);
  EXPECT_TRUE(sees("\x1b[?1049l"));
}

TEST_F(TerminalTest, ThatNobodyReadsLetsTheProgramGo) {
  const tcflag_t before = local_modes();
  auto screen = enter();
  ASSERT_TRUE(screen.has_value());
  fill();
  screen->leave();
  EXPECT_EQ(local_modes(), before);
}

TEST_F(TerminalTest, KeysComeOneByOneWithoutWaiting) {
  auto screen = enter();
  ASSERT_TRUE(screen.has_value());
  EXPECT_EQ(screen->read_key(), std::nullopt);
  ASSERT_EQ(::write(user_.get(), "xq", 2), 2);
  EXPECT_EQ(screen->read_key(), 'x');
  EXPECT_EQ(screen->read_key(), 'q');
  EXPECT_EQ(screen->read_key(), std::nullopt);
}

TEST_F(TerminalTest, AFrameBeginsAtTheTopAndClearsWhatIsLeftOfTheOldOne) {
  auto screen = enter();
  ASSERT_TRUE(screen.has_value());
  ASSERT_TRUE(screen->paint({"one", "two"}).has_value());
  EXPECT_TRUE(sees("\x1b[H\x1b[Kone\r\r\n\x1b[Jtwo"));
}

TEST_F(TerminalTest, KnowsItsSize) {
  EXPECT_EQ(size(program_.get()).columns, 100U);
  EXPECT_EQ(size(program_.get()).rows, 30U);
}

TEST_F(TerminalTest, NoColorAndADumbTerminalAreHonoured) {
  EXPECT_TRUE(wants_colour(program_.get()));
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(wants_colour(program_.get()));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_colour(program_.get()));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_colour(program_.get()));
  EXPECT_FALSE(can_show_screen(program_.get()));
}

TEST(Terminal, APipeIsNoneAndHasTheDefaultSize) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const sys::Fd in(ends[0]);
  const sys::Fd out(ends[1]);
  EXPECT_FALSE(can_show_screen(out.get()));
  EXPECT_EQ(size(out.get()).columns, 80U);
}

}  // namespace
}  // namespace cgtally::terminal
