// SPDX-License-Identifier: Apache-2.0
// Accounts are retired under running traffic: their totals stay in the ledger, and a reader that
// reads only now and then misses the end of none.
#include <cgtally/abi.h>
#include <algorithm>
#include <chrono>

#include <set>

#include "adapters/sys/clock.h"
#include "core/traffic/account_expiry.h"
#include "core/traffic/sampler.h"
#include "netns/counting/wire_test.h"
#include "netns/ledger/retirement_test.h"

namespace cgtally::harness {
namespace {

constexpr Account kRetired{AccountKind::retired, 0};
constexpr auto kLap = std::chrono::milliseconds{400};  // of the windows, and a little

class AccountRetirer : public WireTest, public ::testing::WithParamInterface<HookChoice> {};

INSTANTIATE_TEST_SUITE_P(By, AccountRetirer,
                         ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TEST_P(AccountRetirer, OfAccountsThatGoOnSendingLoseNothing) {
  // So many slots that a quick kernel does not run out of them while others are in quarantine.
  Counted counted(wire_.host_end(), GetParam(), {.slots = 512});
  const Cgroup web("web");
  const Cgroup db("db");
  const Cgroup stays("stays");
  auto retirement = must(bpf::RetireJournal::open(counted.tally().ledger()));
  Watch watch(counted.tally().ledger());
  Traffics traffics(wire_, {&web, &db, &stays});
  const std::vector<InterfaceAccount> leave{{counted.key(), of(web)}, {counted.key(), of(db)}};
  std::size_t folded = 0;
  // A round in which nothing has been counted yet takes no time at all.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int round = 0; (round < 100 || folded <= 60 || watch.looks() <= 60) &&
                      std::chrono::steady_clock::now() < patience;
       ++round) {
    folded += must(retirement.retire(leave));
    retirement.release_quarantined(now());
  }
  traffics.end();
  const auto settled = counted.settle();
  const auto& follower = watch.end();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::overflow), Traffic{});
  EXPECT_EQ(follower.fault(), "");
  EXPECT_EQ(follower.lost(), 0U);
  EXPECT_GT(folded, 50U);
  EXPECT_EQ(follower.final_totals(leave[0]) + follower.final_totals(leave[1]),
            static_cast<int>(folded));
  EXPECT_EQ(follower.final_totals({counted.key(), of(stays)}), 0);
  // In all their lives the first two did what the third did in one.
  EXPECT_EQ(follower.of(leave[0]), follower.of({counted.key(), of(stays)}));
  EXPECT_EQ(follower.of(leave[1]), follower.of({counted.key(), of(stays)}));
  EXPECT_GT(watch.looks(), 50);
}

// Idle or not: what comes while an account is folded begins it again.
TEST_P(AccountRetirer, FoldingAccountsThatGoOnSendingLosesNothing) {
  Counted counted(wire_.host_end(), GetParam(), {.slots = 512});
  const Cgroup web("web");
  const Cgroup db("db");
  const Cgroup stays("stays");
  auto retirement = must(bpf::RetireJournal::open(counted.tally().ledger()));
  Watch watch(counted.tally().ledger());
  Traffics traffics(wire_, {&web, &db, &stays});
  constexpr std::uint64_t kAbove = 4711;
  const InterfaceAccount first{counted.key(), of(web)};
  const InterfaceAccount second{counted.key(), of(db)};
  const std::vector<AccountFold> folds{{first, kAbove}, {second, kAbove}};
  std::size_t folded = 0;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int round = 0; (round < 100 || folded <= 60 || watch.looks() <= 60) &&
                      std::chrono::steady_clock::now() < patience;
       ++round) {
    folded += must(retirement.fold(folds)).size();
    retirement.release_quarantined(now());
  }
  traffics.end();
  (void)must(retirement.fold(folds));
  const auto settled = counted.settle();
  const auto& follower = watch.end();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::overflow), Traffic{});
  EXPECT_EQ(follower.fault(), "");
  EXPECT_EQ(follower.lost(), 0U);
  EXPECT_GT(folded, 50U);
  const Traffic stayed = settled.books.of(stays);
  EXPECT_EQ(follower.of(first), stayed);
  EXPECT_EQ(follower.of(second), stayed);
  Traffic both = stayed;
  both += stayed;
  EXPECT_EQ(settled.books.of(Account{AccountKind::folded, kAbove}), both);
}

// A keeper and a recorder at a slow interval, beside a host on which cgroups come and go.
class Churn {
 public:
  Churn(const Wire& wire, Counted& counted)
      : wire_(wire),
        counted_(counted),
        ledger_(counted.tally().ledger()),
        retirement_(must(bpf::RetireJournal::open(ledger_))),
        cells_(ledger_),
        final_totals_(must(bpf::FinalTotalsReader::open(ledger_))) {
    record();
  }

  // A life: datagrams of its own number and size, then the end.
  void live(int number) {
    Cgroup cgroup("life" + std::to_string(number));
    const auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    const int packets = 1 + number % 3;
    const std::uint64_t payload = 100 + static_cast<std::uint64_t>(number);
    send_datagrams(socket, remote_at(Ip::v4, 5001), packets, payload);
    expected_[cgroup.id()] =
        harness::sent(static_cast<std::uint64_t>(packets), 14 + 20 + 8 + payload);
    cgroup.remove();
    deaths_.push_back({.cgroup_id = cgroup.id(), .removed = now(), .released = now()});
  }

  void keep() {
    const auto due = retiring_.due(cells_.read(), deaths_, now());
    folded_ += must(retirement_.retire(due));
    std::erase_if(deaths_, [&](const RemovedCgroup& death) {
      return std::ranges::any_of(due, [&](const InterfaceAccount& account) {
        return account.account.cgroup_id == death.cgroup_id;
      });
    });
    retirement_.release_quarantined(now());
  }
  [[nodiscard]] bool nearly_full() {
    (void)cells_.read();
    return cells_.used_slots() + 8 > ledger_.slots();
  }

  void record() {
    Reading reading{.taken = sys::now(), .ledger = "one", .accounts = {}};
    auto read = recorded_.read(final_totals_);
    reading.accounts = std::move(read.accounts);
    reading.final_totals = std::move(read.final_totals);
    EXPECT_EQ(read.lost_final_totals, 0U);
    const auto samples = sampler_.process(
        reading,
        [&](std::uint64_t id) { return AccountName{std::to_string(id), expected_.contains(id)}; },
        [](InterfaceKey) { return "cgt0"; });
    sampler_.commit();
    for (const Sample& sample : samples) {
      recorded_sum_ += sample.delta;
      if (sample.account == reason_name(AccountKind::retired)) {
        EXPECT_EQ(sample.delta, Traffic{});
      }
      if (sample.cgroup_id == 0) continue;
      EXPECT_EQ(sample.state, SampleState::exited) << sample.cgroup_id;
      EXPECT_TRUE(last_rows_.emplace(sample.cgroup_id, sample.totals).second);
    }
  }

  [[nodiscard]] const std::map<std::uint64_t, Traffic>& expected() const { return expected_; }
  [[nodiscard]] const std::map<std::uint64_t, Traffic>& last_rows() const { return last_rows_; }
  [[nodiscard]] Traffic recorded_sum() const { return recorded_sum_; }
  [[nodiscard]] std::size_t folded() const { return folded_; }

 private:
  const Wire& wire_;
  Counted& counted_;
  bpf::Ledger& ledger_;
  bpf::RetireJournal retirement_;
  AccountExpiry retiring_;
  bpf::TotalsReader cells_;
  bpf::TotalsReader recorded_{ledger_};
  bpf::FinalTotalsReader final_totals_;
  Sampler sampler_{"host"};
  std::vector<RemovedCgroup> deaths_;
  std::map<std::uint64_t, Traffic> expected_;
  std::map<std::uint64_t, Traffic> last_rows_;
  Traffic recorded_sum_;
  std::size_t folded_ = 0;
};

TEST_P(AccountRetirer, LetFiveTimesAsManyCgroupsAsSlotsComeAndGo) {
  constexpr int kSlots = 64;
  constexpr int kLives = 5 * kSlots;
  Counted counted(wire_.host_end(), GetParam(), {.slots = kSlots});
  Churn churn(wire_, counted);
  for (int life = 0; life < kLives; ++life) {
    churn.live(life);
    if (life % 8 != 7) continue;
    churn.keep();
    for (int wait = 0; churn.nearly_full() && wait < 200; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      churn.keep();
    }
    if (life % 80 == 79) churn.record();
  }
  const auto settled = counted.settle();
  churn.record();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::overflow), Traffic{});
  EXPECT_EQ(churn.last_rows(), churn.expected());
  EXPECT_EQ(churn.recorded_sum(), settled.truth);
  EXPECT_EQ(churn.folded(), static_cast<std::size_t>(kLives));
}

TEST_P(AccountRetirer, OfAnInterfaceMoveEverythingToGoneAndFreeItsSlots) {
  auto tally = make_tally(GetParam(), {.slots = 64});
  bpf::Ledger& ledger = tally.ledger();
  auto retirement = must(bpf::RetireJournal::open(ledger));
  Follower follower(ledger);
  const auto used_before = follower.last().accounts.size();
  const MeasuredDevice device = wire_.host_end();
  Traffic truth;
  std::vector<InterfaceKey> keys;
  const Cgroup web("web");
  for (int time = 0; time < 3; ++time) {
    const Traffic base = device.truth();
    const InterfaceKey key = attach_to(tally, device, GetParam());
    keys.push_back(key);
    Traffics traffics(wire_, {&web});
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    (void)must(retirement.retire(std::vector<InterfaceAccount>{{key, of(web)}}));
    EXPECT_FALSE(retirement.retire_interface(key)) << "it is counted";
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    traffics.end();
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    follower.look();
    inside(wire_.host(), [&] { tally.detach(key); });
    truth += difference(base, device.truth());
    EXPECT_TRUE(must(retirement.retire_interface(key)));
    follower.look();
  }
  EXPECT_EQ(follower.fault(), "");
  EXPECT_EQ(follower.sum(), truth);
  EXPECT_EQ(Books(follower.last().accounts, kGoneInterface).of(kRetired), truth);
  EXPECT_EQ(follower.last().accounts.size(), used_before) << "nobody else is left";
  for (const InterfaceKey key : keys) {
    EXPECT_EQ(follower.final_totals({key, of(web)}), 2);
    EXPECT_EQ(follower.final_totals({key, kRetired}), 1);
    EXPECT_EQ(follower.final_totals({key, {AccountKind::kernel, 0}}), 1);
  }
  EXPECT_TRUE(ledger.interfaces().empty());
  retirement.release_quarantined(now());
  std::this_thread::sleep_for(kLap);
  EXPECT_GT(retirement.release_quarantined(now()), 0U);
}

}  // namespace
}  // namespace cgtally::harness
