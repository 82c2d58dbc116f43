// SPDX-License-Identifier: Apache-2.0
// Each key of the screen, and what is on it afterwards.
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "unit/core/screen/shown.h"

namespace cgtally::screen {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr Size kSize{.columns = 80, .rows = 24};

// One key that is pressed, then the frame.
class PressTest : public testing::Test {
 protected:
  explicit PressTest(std::vector<Sample> samples = {sample_of("/a", 8000, 16'000, 4, 300),
                                                    sample_of("/b", 80'000, 8000, 1, 100),
                                                    sample_of("/c", 800, 800, 9, 200)})
      : content(content_of(samples)), screen(content, {}, {}) {
    (void)screen.draw(kSize);
  }
  template <typename... Keys>
  Frame after(Keys... keys) {
    return press_all(screen, kSize, keys...);
  }
  void type(std::string_view text) {
    for (const char c : text) (void)screen.press(key_of(static_cast<char32_t>(c)));
  }
  bool shows(const Frame& frame, const std::string& text) {
    return joined(frame).find(text) != std::string::npos;
  }

  Content content;
  Screen screen;
};

TEST_F(PressTest, SortsByEachColumnInTurnAndBack) {
  EXPECT_EQ(names_in(screen.draw(kSize)), (Names{"/b", "/a", "/c"}));
  EXPECT_EQ(names_in(after(U's')), (Names{"/a", "/b", "/c"})) << "by name";
  EXPECT_EQ(names_in(after(U'>')), (Names{"/b", "/a", "/c"})) << "by rx";
  EXPECT_EQ(names_in(after(U's')), (Names{"/a", "/b", "/c"})) << "by tx";
  EXPECT_EQ(names_in(after(U's')), (Names{"/c", "/a", "/b"})) << "by tx packets";
  EXPECT_EQ(names_in(after(U's')), (Names{"/a", "/c", "/b"})) << "by tx total";
  EXPECT_EQ(names_in(after(U'r')), (Names{"/b", "/c", "/a"})) << "reversed";
  EXPECT_EQ(names_in(after(U'S')), (Names{"/c", "/a", "/b"}));
  EXPECT_EQ(names_in(after(U'<', U'<', U'<', U'<')), (Names{"/b", "/a", "/c"}));
}

TEST_F(PressTest, FiltersWhileOneTypes) {
  auto frame = after(U'/', U'b');
  EXPECT_EQ(names_in(frame), Names{"/b"});
  EXPECT_TRUE(shows(frame, "filter: b_"));
  EXPECT_EQ(names_in(after(U'q')), Names{}) << "q is a letter now";
  EXPECT_EQ(names_in(after(KeyKind::backspace)), Names{"/b"});
  frame = after(KeyKind::enter);
  EXPECT_TRUE(shows(frame, "1 account   by cgroup   all interfaces   sort traffic   /b"));
  EXPECT_EQ(names_in(after(KeyKind::escape)).size(), 3U) << "esc clears it";
  EXPECT_EQ(names_in(after(U'/', U'*', U'c', KeyKind::enter)), Names{"/c"}) << "a glob";
  EXPECT_EQ(names_in(after(U'/', KeyKind::escape)).size(), 3U);
}

TEST_F(PressTest, AFilterWithoutAMatchSaysSo) {
  const auto frame = after(U'/', U'z', U'z', KeyKind::enter);
  EXPECT_TRUE(shows(frame, "0 accounts"));
  EXPECT_TRUE(shows(frame, "no account with traffic matches zz: esc clears the filter"));
  EXPECT_FALSE(shows(after(KeyKind::escape), "no account"));
}

TEST_F(PressTest, TheFilterTakesLettersOfAllLanguagesAndWholeOnesAway) {
  after(U'/', U'日', U'é', U'🚀');
  EXPECT_EQ(screen.view().filter, "日é🚀");
  after(KeyKind::backspace, KeyKind::backspace);
  EXPECT_EQ(screen.view().filter, "日");
}

TEST_F(PressTest, AChosenRowHoldsTheOrderUntilEscape) {
  after(KeyKind::down, KeyKind::down);
  EXPECT_EQ(screen.view().selected, "/a");
  go_on(content, {sample_of("/a", 0, 0, 0, 0), sample_of("/b", 0, 0, 0, 0),
                  sample_of("/c", 0, 9'000'000, 9, 0), sample_of("/d", 0, 99'000'000, 9, 0)});
  const Frame held = screen.draw(kSize);
  EXPECT_EQ(names_in(held), (Names{"/b", "/a", "/c", "/d"})) << "what is new comes last";
  EXPECT_TRUE(shows(held, "order held"));
  EXPECT_EQ(names_in(after(KeyKind::escape)), (Names{"/d", "/c", "/a", "/b"}));
}

TEST_F(PressTest, MovesToTheEndsAndNotBeyond) {
  after(KeyKind::end);
  EXPECT_EQ(screen.view().selected, "/c");
  after(KeyKind::down);
  EXPECT_EQ(screen.view().selected, "/c");
  after(KeyKind::home, KeyKind::up);
  EXPECT_EQ(screen.view().selected, "/b");
  after(KeyKind::page_down);
  EXPECT_EQ(screen.view().selected, "/c");
  after(KeyKind::page_up);
  EXPECT_EQ(screen.view().selected, "/b");
}

TEST_F(PressTest, PauseKeepsTheFiguresWhileCountingGoesOn) {
  EXPECT_TRUE(shows(after(U' '), "PAUSED at 11:42:07Z"));
  go_on(content, {sample_of("/d", 0, 99'000'000, 9, 0)});
  EXPECT_EQ(names_in(screen.draw(kSize)), (Names{"/b", "/a", "/c"}));
  EXPECT_EQ(names_in(after(U'p')).front(), "/d");
}

TEST_F(PressTest, ChoosesOneInterfaceAfterTheOther) {
  Sample other = sample_of("/a", 0, 160'000, 1, 7);
  other.iface = "ens6";
  go_on(content, {other, sample_of("/b", 8, 8, 1, 1)});
  Frame frame = after(U'i');
  EXPECT_TRUE(shows(frame, "   ens5   "));
  frame = after(U'i');
  EXPECT_TRUE(shows(frame, "   ens6   "));
  EXPECT_EQ(names_in(frame), Names{"/a"});
  EXPECT_TRUE(shows(after(U'i'), "all interfaces"));
  EXPECT_TRUE(shows(after(U'I'), "   ens6   "));
}

TEST_F(PressTest, ShowsRatesOrTotalsBitsOrBytes) {
  EXPECT_TRUE(shows(after(U'u'), "RX B/s    TX B/s"));
  EXPECT_TRUE(shows(after(U't'), "RX TOTAL   TX TOTAL      TX PACKETS"));
  EXPECT_EQ(names_in(screen.draw(kSize)), (Names{"/a", "/c", "/b"})) << "by all that moved";
  EXPECT_TRUE(shows(after(U't', U'u'), "RX bit/s  TX bit/s"));
}

TEST_F(PressTest, AsksForAnotherIntervalWithinItsBounds) {
  EXPECT_EQ(screen.press(key_of(U'+')).interval, 2s);
  EXPECT_EQ(screen.press(key_of(U'-')).interval, 1s);
  EXPECT_EQ(screen.press(key_of(U'-')).interval, 500ms);
  EXPECT_EQ(screen.press(key_of(U'-')).interval, 200ms);
  EXPECT_EQ(screen.press(key_of(U'-')).interval, 100ms);
  EXPECT_EQ(screen.press(key_of(U'-')).interval, std::nullopt);
  EXPECT_TRUE(screen.press(key_of(U'q')).quit);
  EXPECT_TRUE(screen.press(key_of(KeyKind::end_of_input)).quit);
}

TEST_F(PressTest, TheAccountsPageHasItsMinuteAndItsLife) {
  for (int i = 0; i < 3; ++i) go_on(content, {sample_of("/a", 8000, 80'000'000, 4, 0)});
  content.bursts = {{.account = "/a", .line = "BURST-OF-A"}, {.account = "/b", .line = "OTHER"}};
  content.no_bursts.clear();
  (void)screen.draw(kSize);
  const Frame frame = after(KeyKind::down, KeyKind::enter);
  EXPECT_TRUE(shows(frame, "/a"));
  EXPECT_TRUE(shows(frame, "tx  80.0 Mbit/s   4 p/s   last minute: peak 80.0 Mbit/s, mean 4.00"))
      << joined(frame);
  EXPECT_TRUE(shows(frame, "###\n")) << "three seconds of it" << joined(frame);
  EXPECT_TRUE(shows(frame, "bursts       1 of the last 2\n  BURST-OF-A")) << joined(frame);
  EXPECT_TRUE(shows(frame, "life         was there at 11:42:07Z, when the screen began"));
  EXPECT_FALSE(shows(frame, "OTHER"));
  EXPECT_TRUE(joined(after(KeyKind::down)).starts_with("/c ")) << "the next account";
  EXPECT_EQ(names_in(after(KeyKind::escape)).size(), 3U);
}

TEST_F(PressTest, EachPageIsAKeyAway) {
  EXPECT_TRUE(shows(after(U'2'), "bursts are not known"));
  EXPECT_TRUE(shows(after(U'3'), "credits are not known"));
  EXPECT_TRUE(shows(after(KeyKind::tab), "ACCOUNT"));
  EXPECT_TRUE(shows(after(KeyKind::back_tab), "credits are not known"));
  const Frame help = after(U'?');
  for (const std::string key : {"enter", "/", "s S  < >", "b ", "x ", "i I", "t ", "u ", "space p",
                                "+ -", "1 2 3 tab", "esc", "mouse", "q "}) {
    EXPECT_TRUE(shows(help, "\n" + key)) << key << joined(help);
  }
  EXPECT_TRUE(shows(after(KeyKind::escape), "credits are not known")) << "back where one was";
  EXPECT_TRUE(shows(after(U'h', KeyKind::escape, U'1'), "ACCOUNT"));
}

TEST_F(PressTest, TheMouseSortsChoosesAndOpens) {
  const auto click = [this](std::size_t row, std::size_t column) {
    (void)screen.press({.kind = KeyKind::click, .row = row, .column = column});
    return screen.draw(kSize);
  };
  const auto heading = texts(screen.draw(kSize)).at(4).find("TX p/s");
  EXPECT_EQ(names_in(click(4, heading)), (Names{"/c", "/a", "/b"}));
  EXPECT_EQ(names_in(click(4, heading)), (Names{"/b", "/a", "/c"})) << "again: reversed";
  (void)click(6, 3);
  EXPECT_EQ(screen.view().selected, "/a");
  (void)screen.press({.kind = KeyKind::wheel_down});
  EXPECT_EQ(screen.view().selected, "/c");
  (void)click(7, 3);
  EXPECT_EQ(screen.view().page, Page::account);
}

class PodsTest : public PressTest {
 protected:
  PodsTest()
      : PressTest({container_of("shop", "api", "app", 80'000),
                   container_of("shop", "api", "side", 8000),
                   container_of("shop", "db", "redis", 16'000),
                   sample_of("/system.slice/x.service", 0, 800, 1, 1),
                   sample_of("(kernel)", 0, 80, 1, 1)}) {}
};

TEST_F(PodsTest, AreGroupedAndExpandedToTheirContainers) {
  Frame frame = after(U'b', U'b');
  EXPECT_TRUE(shows(frame, "4 accounts   by pod")) << joined(frame);
  EXPECT_TRUE(shows(frame, "\n+ pod shop/api")) << joined(frame);
  EXPECT_TRUE(shows(frame, " 88.0 k"));
  frame = after(KeyKind::down, U'x');
  EXPECT_TRUE(shows(frame, "\n- pod shop/api")) << joined(frame);
  EXPECT_TRUE(shows(frame, "\n    shop/api app")) << joined(frame);
  EXPECT_TRUE(shows(frame, "\n    shop/api side")) << joined(frame);
  frame = after(KeyKind::down, KeyKind::enter);
  EXPECT_TRUE(shows(frame, "shop/api app")) << "a member in detail" << joined(frame);
  frame = after(KeyKind::escape, KeyKind::left);
  EXPECT_FALSE(shows(frame, "shop/api app")) << joined(frame);
  EXPECT_EQ(screen.view().selected, "pod:shop/api");
  frame = after(KeyKind::enter);
  EXPECT_TRUE(shows(frame, "members      shop/api app: was there")) << joined(frame);
}

TEST_F(PodsTest, GoThroughAllGroupingsAndBack) {
  EXPECT_TRUE(shows(after(U'b'), "5 accounts   by container"));
  EXPECT_TRUE(shows(after(U'b'), "4 accounts   by pod"));
  EXPECT_TRUE(shows(after(U'b'), "3 accounts   by namespace"));
  EXPECT_TRUE(shows(after(U'b'), "by unit"));
  EXPECT_TRUE(shows(after(U'b'), "5 accounts   by cgroup"));
}

TEST_F(PodsTest, TheFilterFindsAGroupByItsMembers) {
  const Frame frame = after(U'b', U'b', U'/', U's', U'i', U'd', U'e', KeyKind::enter);
  EXPECT_TRUE(shows(frame, "1 account   by pod")) << joined(frame);
  EXPECT_TRUE(shows(frame, "+ pod shop/api"));
}

TEST_F(PodsTest, AGroupsTotalKeepsWhatItsEndedMembersMoved) {
  after(U'b', U'b', U't');
  Sample end = container_of("shop", "api", "app", 0);
  end.state = SampleState::exited;
  go_on(content, {end});
  for (int i = 0; i < 40; ++i) go_on(content, {container_of("shop", "api", "side", 8)});
  EXPECT_TRUE(shows(screen.draw(kSize), " 88.0 kB")) << joined(screen.draw(kSize));
  EXPECT_FALSE(shows(after(KeyKind::down, U'x'), "api app")) << "the member itself is gone";
}

TEST(ReplayKeys, WalkAlongTheTime) {
  Content content = content_of({sample_of("/a", 8, 8, 1, 1)});
  content.axis = TimeAxis{.traffic = {1, 2, 3}, .begin = 0s, .end = 1h, .speed = "1 s each second"};
  Screen screen(content, {}, {});
  (void)screen.draw(kSize);
  const auto amount = [&](const Key& key) {
    return screen.press(key).seek.value_or(Seek{}).amount;
  };
  EXPECT_EQ(amount(key_of(KeyKind::left)), -1);
  EXPECT_EQ(amount(key_of(KeyKind::right)), 1);
  EXPECT_EQ(screen.press(key_of(U'[')).seek->by, Seek::By::minutes);
  EXPECT_EQ(amount(key_of(U'}')), 1);
  EXPECT_TRUE(screen.press(key_of(U' ')).play_or_stop);
  EXPECT_EQ(screen.press(key_of(U'+')).speed, 1);
  EXPECT_DOUBLE_EQ(amount({.kind = KeyKind::click, .row = 3, .column = 79}), 1.0);
  EXPECT_TRUE(joined(press_all(screen, kSize, U'?')).find("a minute back") != std::string::npos);
}

}  // namespace
}  // namespace cgtally::screen
