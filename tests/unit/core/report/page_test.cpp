// SPDX-License-Identifier: Apache-2.0
// The page: small, self-contained, and with the worst thing first.
#include "core/report/page.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/report/story.h"

namespace cgtally::report {
namespace {

using std::chrono::seconds;

constexpr Nanoseconds kBegin = seconds{1'795'262'400};

Sample row(int second, const std::string& account, std::uint64_t sent) {
  Sample sample;
  const Nanoseconds now = seconds{second};
  sample.taken = {.boot = seconds{1000} + now, .wall = kBegin + now};
  sample.interval = seconds{1};
  sample.host = "web1";
  sample.ledger = "a";
  sample.iface = "ens5";
  sample.account = account;
  sample.delta.tx_bytes = {sent};
  sample.delta.rx_bytes = {sent / 7};
  return sample;
}

CreditReport credit(int second, CreditState state, ByteRange balance) {
  CreditReport report;
  report.taken = {.boot = seconds{second}, .wall = kBegin + seconds{second}};
  report.host = "web1";
  for (const Direction direction : kDirections) {
    DirectionCredit& one = report.directions[direction];
    one.watched = direction == Direction::tx;
    one.direction = direction;
    one.state = state;
    one.terms.baseline = {64'000'000};
    one.terms.burst = {5'000'000'000};
    one.capacity = {.lo = 1e9, .hi = 1e9};
    one.balance = balance;
  }
  return report;
}

// At one second, of four accounts whose rates are never the same.
Findings recorded(int length_s) {
  constexpr int kAccounts = 4;
  Courses courses;
  CreditCourseBuilder credits;
  Findings findings;
  for (int second = 1; second <= length_s; ++second) {
    for (int account = 0; account < kAccounts; ++account) {
      const auto noise = static_cast<std::uint64_t>(second * 7919 + account * 104'729) % 1'000'003;
      courses.add(row(second, "/system.slice/" + std::to_string(account) + ".service", noise));
    }
    credits.add(
        credit(second, CreditState::draining, {.lo = 1.0 * (second % 977) * 1e5, .hi = 1e9}));
    findings.bursts.add({.wall = kBegin + seconds{second},
                         .length = Nanoseconds{second},
                         .host = "web1",
                         .iface = "ens5",
                         .bytes = {static_cast<std::uint64_t>(second)},
                         .packets = {1},
                         .peak = {static_cast<std::uint64_t>(second) * 1000},
                         .threshold = {},
                         .account = "redis.service",
                         .share = 0.5,
                         .exceeded = 0,
                         .cause = "burst"});
  }
  findings.has_bursts = true;
  findings.interfaces = std::move(courses).finish();
  findings.credits.push_back(std::move(credits.course()));
  return findings;
}

TEST(ReportPage, OfADayAtOneSecondIsSmallAndKeepsExtremes) {
  const std::string page = page_html(recorded(86'400));
  EXPECT_LT(page.size(), 2'000'000U);
  EXPECT_GT(page.size(), 50'000U);
  EXPECT_NE(page.find("Steps of "), std::string::npos);
  EXPECT_NE(page.find("The 300 largest of 86 400"), std::string::npos);
}

TEST(ReportPage, RefersToNothingOutsideAndHasNoScript) {
  const std::string page = page_html(recorded(100));
  for (const char* const outside :
       {"http:", "https:", "<script", "url(", "@import", "src=", "href="}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(ReportStory, BeginsWithTheExhaustionAndSaysWhatToDo) {
  CreditCourseBuilder credits;
  credits.add(credit(1, CreditState::draining, {.lo = 4e8, .hi = 5e8}));
  credits.add(credit(2, CreditState::exhausted, {.lo = 0, .hi = 0}));
  credits.add(credit(3, CreditState::exhausted, {.lo = 0, .hi = 0}));
  Findings findings;
  findings.credits.push_back(credits.course());
  const Story story = story_of(findings);
  EXPECT_EQ(story.lead,
            "The credits for sending were exhausted 1 time, 2.00 s in all, first at 12:00:01Z.");
  const Chapter& advice = story.chapters.back();
  EXPECT_EQ(advice.title, "What to do");
  EXPECT_EQ(advice.sentences.at(0),
            "The credits for sending: tx credits are exhausted: no more than 64.0 Mbit/s goes "
            "through. To end that: keep tx below the baseline for a while.");
}

TEST(ReportStory, SaysThatCreditsAreNotJudgedWhereNothingTellsTheirLimits) {
  Courses courses;
  courses.add(row(1, "/system.slice/redis.service", 1'000'000));
  courses.add(row(2, "/system.slice/redis.service", 3'000'000));
  Findings findings;
  findings.interfaces = std::move(courses).finish();
  const Story story = story_of(findings);
  EXPECT_EQ(story.lead, "ens5 sent 4.0 MB, 100 % of it by redis.service.");
  const auto credits = std::ranges::find(story.chapters, "The credits", &Chapter::title);
  ASSERT_NE(credits, story.chapters.end());
  EXPECT_TRUE(credits->sentences.at(0).starts_with("Not judged"));
}

TEST(ReportStory, OfNothingIsEmptyAndDoesNotFail) {
  EXPECT_EQ(story_of({}).lead, "");
  EXPECT_NE(page_html({}).find("Network report"), std::string::npos);
}

TEST(CreditCourse, LeavesAGapWhereNothingWasWatched) {
  CreditCourseBuilder credits;
  for (const int second : {1, 2, 3, 60, 61}) {
    credits.add(credit(second, CreditState::draining, {.lo = 1, .hi = 2}));
  }
  const Track& low = credits.course().directions.tx.low;
  EXPECT_TRUE(low.at(kBegin + seconds{2}).recorded());
  EXPECT_FALSE(low.at(kBegin + seconds{30}).recorded());
  EXPECT_TRUE(low.at(kBegin + seconds{59}).recorded());
  EXPECT_TRUE(credits.course().directions.rx.low.empty());
}

}  // namespace
}  // namespace cgtally::report
