// SPDX-License-Identifier: Apache-2.0
// Kernels without tcx: other people's filters at the preference of ours. Ours comes first if it
// can, and comes first again after another one was put before it; each packet is counted once
// meanwhile.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "adapters/sys/clock.h"
#include "cgtally/abi.h"

#include "adapters/bpf/ledger/totals_reader.h"
#include "harness/host/command.h"
#include "harness/host/old_kernel.h"
#include "harness/ledger/pinned.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr auto kBothDirections = {HookDirection::ingress, HookDirection::egress};

class Displaced : public WireTest {
 protected:
  void put_before_ours(const ForeignProgram& other, std::uint32_t handle = 1) const {
    for (const auto direction : kBothDirections) {
      other.attach_filter(wire_.host(), "cgt0", direction, 1, handle);
    }
  }
  void take_away(std::uint32_t handle) const {
    const Inside guard(wire_.host());
    for (const std::string direction : {"ingress", "egress"}) {
      run({"tc", "filter", "del", "dev", "cgt0", direction, "pref", "1", "handle",
           std::to_string(handle), "bpf"});
    }
  }
  // `after`: how much later it seems to be.
  [[nodiscard]] std::vector<bpf::ReattachedHook> reattach(bpf::PacketPrograms& tally,
                                                          Nanoseconds after) const {
    return reattach_at(tally, sys::now().boot + after);
  }
  [[nodiscard]] std::vector<bpf::ReattachedHook> reattach_at(bpf::PacketPrograms& tally,
                                                             Nanoseconds boot) const {
    const Inside guard(wire_.host());
    return tally.reattach(wire_.host().inode(), boot);
  }
  // In the order in which they run.
  [[nodiscard]] std::vector<std::string> on_the_way_in() const {
    std::vector<std::string> names;
    for (const auto& program : attached_programs(wire_.host())) {
      if (program.where == "cgt0 filter ingress") names.push_back(program.name);
    }
    return names;
  }
  void send_both_ways() const {
    const PacketSocket host(wire_.host(), "cgt0");
    const PacketSocket remote(wire_.remote(), "cgt1");
    for (int i = 0; i < 10; ++i) {
      host.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(100)));
      remote.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(100)));
    }
  }
};

using FilterNames = std::vector<std::string>;

TEST_F(Displaced, AFilterAtPreferenceOneThatEndsTheChainDoesNotBlindUs) {
  const ForeignProgram other(ForeignProgram::kPass, "other");
  put_before_ours(other);
  const Counted counted(wire_.host_end(), HookChoice::clsact);
  EXPECT_EQ(on_the_way_in(), (FilterNames{"cgt_ingress", "other"}));
  const auto before = other.packets();
  send_both_ways();
  expect_conserved(counted.settle(), 10);
  EXPECT_GE(other.packets() - before, 20U);
}

TEST_F(Displaced, APreferenceForOneProtocolIsNotSharedButTheNextOneIs) {
  // Not for all protocols: ours cannot be at this preference.
  const ForeignProgram narrow(ForeignProgram::kNext, "narrow");
  narrow.attach_narrow_filter(wire_.host(), "cgt0", HookDirection::ingress, "ip");
  const ForeignProgram other(ForeignProgram::kPass, "other");
  other.attach_filter(wire_.host(), "cgt0", HookDirection::ingress, 2, 1);
  {
    const Counted counted(wire_.host_end(), HookChoice::clsact);
    EXPECT_EQ(on_the_way_in(), (FilterNames{"narrow", "cgt_ingress", "other"}));
    send_both_ways();
    expect_conserved(counted.settle(), 10);
  }
  EXPECT_EQ(on_the_way_in(), (FilterNames{"narrow", "other"}));
}

TEST_F(Displaced, OneThatIsPutBeforeOursLaterIsPassedAgainAndNotMoreOftenThanEveryFewSeconds) {
  Counted counted(wire_.host_end(), HookChoice::clsact);
  const ForeignProgram other(ForeignProgram::kPass, "other");
  put_before_ours(other);
  EXPECT_EQ(on_the_way_in(), (FilterNames{"other", "cgt_ingress"}));
  const auto first = sys::now().boot + 2s;
  const auto moved = reattach_at(counted.tally(), first);
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0].displaced_by, "other (pref 1)");
  EXPECT_GE(moved[0].gap, 2s);
  EXPECT_EQ(on_the_way_in(), (FilterNames{"cgt_ingress", "other"}));

  const auto base = counted.settle();
  send_both_ways();
  const auto settled = counted.settle();
  EXPECT_EQ(difference(base.books.sum(), settled.books.sum()),
            difference(base.truth, settled.truth));

  take_away(1);
  put_before_ours(other, 7);
  EXPECT_TRUE(reattach_at(counted.tally(), first + 2s).empty()) << "the last move was 2 s ago";
  EXPECT_EQ(on_the_way_in(), (FilterNames{"other", "cgt_ingress"}));
  EXPECT_EQ(reattach_at(counted.tally(), first + 6s).size(), 1U);
  EXPECT_EQ(on_the_way_in(), (FilterNames{"cgt_ingress", "other"}));
}

TEST_F(Displaced, AnotherCgtallyIsNeverPassed) {
  Counted first(wire_.host_end(), HookChoice::clsact);
  Counted second(wire_.host_end(), HookChoice::clsact);
  EXPECT_TRUE(reattach(first.tally(), 10s).empty());
  EXPECT_TRUE(reattach(second.tally(), 10s).empty());
}

// Both of ours run meanwhile, because the one between them passes everything on.
TEST_F(Displaced, EachPacketOfTrafficThatGoesOnIsCountedOnceWhileOursMoves) {
  Counted counted(wire_.host_end(), HookChoice::clsact);
  const ForeignProgram other(ForeignProgram::kNext, "other");
  constexpr std::uint32_t kMoves = 20;
  {
    Stream stream(wire_);
    stream.run();
    for (std::uint32_t move = 1; move <= kMoves; ++move) {
      put_before_ours(other, move);
      EXPECT_EQ(reattach(counted.tally(), move * 6s).size(), 1U);
      take_away(move);
    }
    stream.pause();
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GT(settled.truth.tx_packets.value, 1000U);
  EXPECT_EQ(on_the_way_in(), FilterNames{"cgt_ingress"});
}

// A process of its own that uses the pinned ledger.
class Child {
 public:
  template <typename Body>
  explicit Child(const Body& body) {
    child_ = fork();
    require(child_ >= 0, "fork");
    if (child_ != 0) return;
    try {
      body();
      _exit(0);
    } catch (const std::exception& failure) {
      (void)!write(2, failure.what(), strlen(failure.what()));
    }
    _exit(1);
  }
  void kill_it() const {
    require(kill(child_, SIGKILL) == 0, "kill");
    EXPECT_EQ(wait_for(child_), 128 + SIGKILL);
  }
  void await_end() const { EXPECT_EQ(wait_for(child_), 0); }

 private:
  pid_t child_ = -1;
};

Traffic total_of(const bpf::Ledger& ledger) {
  Traffic all;
  for (const AccountTotals& one : bpf::TotalsReader(ledger).read()) all += one.totals;
  return all;
}

bpf::PacketPrograms on_pinned(const std::string& directory) {
  auto ledger = bpf::Ledger::open(directory, bpf::Access::write);
  if (!ledger) throw std::runtime_error(ledger.error().what);
  auto tally = bpf::PacketPrograms::open(std::move(*ledger), directory);
  if (!tally) throw std::runtime_error(tally.error().what);
  return std::move(*tally);
}

// One more filter with a program of ours at the head, as in the middle of a move.
void add_at_head(const Netns& netns, std::uint32_t program_id, HookDirection direction,
                 std::uint32_t handle) {
  const int ifindex = netns.ifindex("cgt0");
  const Inside guard(netns);
  const sys::Fd program(bpf_prog_get_fd_by_id(program_id));
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
              .attach_point = direction == HookDirection::ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS);
  LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = program.get(), .handle = handle, .priority = 1);
  require(bpf_tc_attach(&hook, &filter) == 0, "add a filter");
}

TEST_F(Displaced, TwoFiltersOfOursThatAKilledMoveLeftBecomeOneAndADetachTakesBoth) {
  const Bpffs bpffs;
  auto ledger = bpf::Ledger::create({.slots = 128});
  ASSERT_TRUE(ledger && ledger->pin(bpffs.path()));
  const auto device = wire_.host_end();
  const auto base = device.truth();
  const auto attach = [&] {
    without_tcx([&] {
      auto tally = on_pinned(bpffs.path());
      (void)attach_to(tally, device);
    });
  };
  const auto add_second = [&](std::uint32_t handle) {
    const auto record = ledger->interfaces().at(0).second;
    add_at_head(wire_.host(), record.program_id[0], HookDirection::ingress, handle);
    add_at_head(wire_.host(), record.program_id[1], HookDirection::egress, handle);
    EXPECT_EQ(on_the_way_in(), (FilterNames{"cgt_ingress", "cgt_ingress"}));
  };
  Child(attach).await_end();
  add_second(1);
  Child(attach).await_end();
  EXPECT_EQ(on_the_way_in(), FilterNames{"cgt_ingress"});
  send_both_ways();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(total_of(*ledger), difference(base, device.truth()));
  add_second(2);
  const auto record = ledger->interfaces().at(0).second;
  const Inside guard(wire_.host());
  for (const auto direction : kBothDirections) {
    const auto at = static_cast<std::size_t>(direction);
    bpf::Hook::remove_filter(record.ifindex, direction,
                             {.program_id = record.program_id[at], .made_qdisc = true});
  }
  EXPECT_EQ(attached_cgtally(wire_.host()), FilterNames{});
}

TEST_F(Displaced, AMoveThatIsKilledAtAnyPointIsFinishedByTheNextProcessAndNothingIsCountedTwice) {
  const Bpffs bpffs;
  auto ledger = bpf::Ledger::create({.slots = 128});
  ASSERT_TRUE(ledger && ledger->pin(bpffs.path()));
  const auto device = wire_.host_end();
  const auto base = device.truth();
  const auto attach = [&] {
    without_tcx([&] {
      auto tally = on_pinned(bpffs.path());
      (void)attach_to(tally, device);
    });
  };
  const auto move_for_ever = [&] {
    without_tcx([&] {
      auto tally = on_pinned(bpffs.path());
      (void)attach_to(tally, device);
      const ForeignProgram other(ForeignProgram::kNext, "other");
      // What a killed one put there stays.
      const auto first = static_cast<std::uint32_t>(getpid()) << 8;
      for (std::uint32_t move = 1;; ++move) {
        put_before_ours(other, first + move);
        (void)reattach(tally, move * 6s);
        take_away(first + move);
      }
    });
  };
  Child(attach).await_end();
  Stream stream(wire_);
  stream.run();
  for (int round = 0; round < 12; ++round) {
    const std::uint32_t before = ledger->header().last_move;
    const Child mover(move_for_ever);
    for (int look = 0; look < 2'000 && ledger->header().last_move == before; ++look)
      std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(round * 37ms);
    mover.kill_it();
  }
  Child(attach).await_end();
  stream.pause();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(total_of(*ledger), difference(base, device.truth()));
  EXPECT_EQ(std::ranges::count(on_the_way_in(), "cgt_ingress"), 1);
  EXPECT_GE(ledger->header().last_move, 12U) << "each process began to move it";
  inside(wire_.host(), [] { return run({"tc", "qdisc", "del", "dev", "cgt0", "clsact"}); });
}

}  // namespace
}  // namespace cgtally::harness
