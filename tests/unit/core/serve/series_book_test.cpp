// SPDX-License-Identifier: Apache-2.0
// The counters of /metrics never fall, show no fold as traffic, and are bounded in number.
#include "core/serve/series/series_book.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/serve/series/saved_series.h"
#include "core/traffic/sampler.h"
#include "unit/traffic.h"

namespace cgtally::serve {
namespace {

constexpr Account kRetiredAccount{.kind = AccountKind::retired, .cgroup_id = 0};

// A ledger whose readings go through a sampler into a book, as in `serve`.
class SeriesBookTest : public testing::Test {
 protected:
  void begin(std::size_t top = 10) {
    book.emplace(top);
    const Reading first = reading();
    (void)sampler.process(first, name_of(), interface_name);
    sampler.commit();
    book->begin(opening_samples(first, name_of(), interface_name), second(100));
  }
  std::uint64_t tick(std::vector<FinalTotals> retired = {}) {
    ++now;
    Reading next = reading();
    next.final_totals = std::move(retired);
    const auto samples = sampler.process(next, name_of(), interface_name);
    sampler.commit();
    return book->add(samples, next.taken);
  }
  [[nodiscard]] Reading reading() const {
    return {.taken = second(now), .ledger = "l", .accounts = accounts, .attached = {{kEth}}};
  }
  [[nodiscard]] Sampler::NameOf name_of() {
    return [this](std::uint64_t id) {
      return AccountName{.path = names.contains(id) ? names.at(id) : "/" + std::to_string(id),
                         .ended = ended.contains(id)};
    };
  }
  static std::string interface_name(InterfaceKey) { return "eth0"; }
  void move(std::uint64_t id, std::uint64_t bytes) {
    for (AccountTotals& one : accounts) {
      if (one.account == cgroup(id)) one.totals += sent(bytes);
    }
  }
  // The keeper gives the account's slot back.
  FinalTotals retire(std::uint64_t id) {
    FinalTotals last{.iface = kEth, .account = cgroup(id), .totals = {}};
    for (const AccountTotals& one : accounts) {
      if (one.account == cgroup(id)) last.totals = one.totals;
    }
    std::erase_if(accounts, [&](const AccountTotals& one) { return one.account == cgroup(id); });
    for (AccountTotals& one : accounts) {
      if (one.account == kRetiredAccount) one.totals += last.totals;
    }
    last.retired = second(now).boot + std::chrono::milliseconds{500};
    return last;
  }
  [[nodiscard]] std::optional<std::uint64_t> sent_by(const std::string& account) const {
    return sent_by(*book, account);
  }
  static std::optional<std::uint64_t> sent_by(const SeriesBook& from, const std::string& account) {
    for (const AccountSeries& one : from.page().accounts) {
      if (one.account == account) return one.counter.value.tx_bytes.value;
    }
    return std::nullopt;
  }
  [[nodiscard]] InterfaceSeries interface() const { return book->page().interfaces.at(0); }

  std::vector<AccountTotals> accounts{{kEth, cgroup(5), sent(5000)},
                                      {kEth, cgroup(6), sent(6000)},
                                      {kEth, kRetiredAccount, sent(90'000)}};
  std::map<std::uint64_t, std::string> names;
  std::set<std::uint64_t> ended;
  Sampler sampler{"host"};
  std::optional<SeriesBook> book;
  std::int64_t now = 100;
};

TEST_F(SeriesBookTest, AnAccountBeginsWithItsTotalsAndAnInterfaceWithTheLedgersSum) {
  begin();
  EXPECT_EQ(sent_by("/5"), 5000);
  EXPECT_EQ(interface().all.value, sent(101'000));
  EXPECT_EQ(interface().listed, sent(11'000)) << "what was retired before has no series";
  EXPECT_EQ(sent_by("(retired)"), std::nullopt);
}

TEST_F(SeriesBookTest, RetiringAnAccountIsNoTrafficAndItsSeriesStays) {
  begin();
  move(5, 100);
  ended.insert(5);
  const std::uint64_t page = tick();
  tick({retire(5)});
  EXPECT_EQ(sent_by("/5"), 5100);
  EXPECT_EQ(interface().all.value.tx_bytes.value, 101'100);
  EXPECT_LE(page, tick());
}

TEST_F(SeriesBookTest, AnEndedAccountStaysUntilAScrapeHasSeenItsLastValueAndForFiveMinutes) {
  begin();
  move(5, 100);
  ended.insert(5);
  const std::uint64_t last = tick();
  now += 301;
  tick();
  EXPECT_EQ(sent_by("/5"), 5100) << "nobody has seen it";
  EXPECT_EQ(book->page().ended, 1);
  book->acknowledge(last - 1);
  tick();
  EXPECT_EQ(sent_by("/5"), 5100) << "its last value was not in that page";
  book->acknowledge(last);
  tick();
  EXPECT_EQ(sent_by("/5"), std::nullopt);
  EXPECT_EQ(sent_by("/6"), 6000);
  EXPECT_EQ(interface().all.value.tx_bytes.value, 101'100) << "the interface keeps its bytes";
}

TEST_F(SeriesBookTest, AnAcknowledgedAccountStillStaysForASecondPrometheus) {
  begin();
  ended.insert(5);
  move(5, 1);
  book->acknowledge(tick());
  now += 290;
  tick();
  EXPECT_EQ(sent_by("/5"), 5001);
  now += 20;
  tick();
  EXPECT_EQ(sent_by("/5"), std::nullopt);
}

TEST_F(SeriesBookTest, AServiceThatRestartsGoesOnWithItsCounter) {
  names = {{5, "/redis.service"}, {7, "/redis.service"}};
  begin();
  ended.insert(5);
  accounts.push_back({kEth, cgroup(7), {}});
  move(7, 400);
  tick();
  EXPECT_EQ(sent_by("/redis.service"), 5400);
  tick({retire(5)});
  now += 600;
  book->acknowledge(1000);
  move(7, 10);
  tick();
  EXPECT_EQ(sent_by("/redis.service"), 5410) << "one of its cgroups lives";
}

TEST_F(SeriesBookTest, BeyondTheTopTheRestHasWhatOthersMoveAndNeverFalls) {
  begin(1);
  EXPECT_EQ(sent_by("/6"), 6000) << "it has most bytes";
  EXPECT_EQ(sent_by("/5"), std::nullopt);
  EXPECT_EQ(sent_by("(rest)"), 5000);
  move(5, 100);
  tick();
  EXPECT_EQ(sent_by("(rest)"), 5100);
  EXPECT_EQ(book->page().rest, 1);
  ended.insert(6);
  move(6, 7);
  tick();
  move(5, 30);
  tick();
  EXPECT_EQ(sent_by("/5"), 5130) << "there is room: it begins with its totals";
  EXPECT_EQ(sent_by("(rest)"), 5100) << "and the rest keeps what was moved in it";
  EXPECT_EQ(book->page().rest, 0);
}

TEST_F(SeriesBookTest, RatesOfAccountsAddUpToThatOfTheInterfaceWhateverMovesBetweenThem) {
  begin(1);
  std::uint64_t before_all = interface().all.value.tx_bytes.value;
  for (int round = 0; round < 50; ++round) {
    const auto id = static_cast<std::uint64_t>(100 + round);
    accounts.push_back({kEth, cgroup(id), {}});
    tick();
    const SeriesPage before = book->page();
    move(id, 1000);
    move(5, 10);
    move(6, 20);
    tick();
    std::uint64_t moved = 0;
    for (const AccountSeries& one : book->page().accounts) {
      moved += one.counter.value.tx_bytes.value;
      for (const AccountSeries& old : before.accounts) {
        if (old.account != one.account) continue;
        EXPECT_GE(one.counter.value.tx_bytes.value, old.counter.value.tx_bytes.value);
        moved -= old.counter.value.tx_bytes.value;
      }
    }
    EXPECT_EQ(moved, 1030) << "round " << round;
    EXPECT_EQ(interface().all.value.tx_bytes.value - before_all, 1030);
    before_all = interface().all.value.tx_bytes.value;
    ended.insert(id);
    tick();
    tick({retire(id)});
  }
}

TEST_F(SeriesBookTest, WithoutAnyScrapeEndedAccountsAreBoundedByTheTop) {
  begin(3);
  for (std::uint64_t id = 100; id < 200; ++id) {
    accounts.push_back({kEth, cgroup(id), {}});
    move(id, 1000);
    tick();
    ended.insert(id);
    tick();
    tick({retire(id)});
  }
  EXPECT_LE(book->page().exported, 6);
}

TEST_F(SeriesBookTest, AnIdleCgroupThatHasGoneIsFoundByAsking) {
  begin();
  book->check_ends([](std::uint64_t id) { return id == 5; }, second(now));
  EXPECT_EQ(book->page().ended, 1);
}

TEST_F(SeriesBookTest, AnAccountThatBeganInAnIntervalWasZeroAtItsBegin) {
  begin();
  accounts.push_back({kEth, cgroup(9), {}});
  move(9, 10);
  tick();
  accounts.push_back({kEth, cgroup(10), {}});
  move(10, 10);
  tick();
  for (const AccountSeries& one : book->page().accounts) {
    if (!one.account.starts_with("/")) continue;
    EXPECT_EQ(one.counter.created, second(one.account == "/10" ? 101 : 100).wall) << one.account;
  }
}

// The law of a restart: whatever was counted meanwhile is an increase, to the byte.
TEST_F(SeriesBookTest, OverARestartCountersGoOnExactlyWhateverEndedMeanwhile) {
  begin(2);
  accounts.push_back({kEth, cgroup(7), {}});
  move(7, 70);
  move(5, 1);
  tick();
  const SavedSeries saved{.book = book->saved(), .reading = reading(), .names = {}};
  const auto again = parse_saved_series(saved_series_text(saved));
  ASSERT_TRUE(again) << again.error().what;
  // Counted, and seen by a scrape, after the file was written; then nobody runs.
  move(5, 200);
  move(7, 300);
  ended.insert(5);
  accounts.push_back({kEth, cgroup(8), {}});
  move(8, 4000);
  ++now;
  Reading then = reading();
  then.final_totals = {retire(5)};
  then.accounts = accounts;
  Sampler gap("host");
  (void)gap.process(again->reading, name_of(), interface_name);
  gap.commit();
  SeriesBook next(2);
  next.restore(again->book, second(100));
  (void)next.add(gap.process(then, name_of(), interface_name), then.taken);
  EXPECT_EQ(sent_by(next, "/5"), 5201);
  EXPECT_EQ(sent_by(next, "/6"), 6000);
  EXPECT_EQ(sent_by(next, "(rest)"), 70 + 300 + 4000) << "the top was full";
  EXPECT_EQ(next.page().interfaces.at(0).all.value.tx_bytes.value, 101'000 + 71 + 4500);
}

TEST_F(SeriesBookTest, AServiceThatWasDownDuringARestartGoesOnWithItsCounter) {
  names = {{5, "/redis.service"}, {7, "/redis.service"}};
  begin();
  ended.insert(5);
  move(5, 1);
  tick();
  const auto again = parse_saved_series(
      saved_series_text({.book = book->saved(), .reading = reading(), .names = {}}));
  ASSERT_TRUE(again) << again.error().what;
  book.emplace(10);
  book->restore(again->book, second(100));
  book->acknowledge(tick());
  tick();
  accounts.push_back({kEth, cgroup(7), {}});
  move(7, 400);
  tick();
  EXPECT_EQ(sent_by("/redis.service"), 5401);
}

TEST(SavedSeriesTest, TextThatIsCutOffIsRefusedWithItsLine) {
  SavedSeries saved;
  saved.reading.ledger = "l";
  const std::string text = saved_series_text(saved);
  EXPECT_TRUE(parse_saved_series(text));
  const auto cut = parse_saved_series(text.substr(0, text.size() - 4));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().what, "line 2: cut off: the line \"end\" is missing");
  EXPECT_FALSE(parse_saved_series("something else\nend\n"));
  EXPECT_FALSE(parse_saved_series("cgtally-series 1\ntotals\t1\tx\nend\n"));
}

}  // namespace
}  // namespace cgtally::serve
