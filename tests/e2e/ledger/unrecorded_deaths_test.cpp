// SPDX-License-Identifier: Apache-2.0
// Law 7: one who makes and removes cgroups faster than the keeper forgets them fills the registry
// of births and deaths; whoever dies then dies unrecorded. Nothing is on (overflow) because of it,
// the keeper finds the dead by a walk over the living, and others have slots.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/sys/fd.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNewcomersPayload = 1000;
constexpr std::uint64_t kNewcomersFrame = 14 + 20 + 8 + kNewcomersPayload;
constexpr std::uint64_t kNobody = 1ULL << 62U;  // ids from here on belong to no cgroup

class UnrecordedDeaths : public LedgerTest {
 protected:
  [[nodiscard]] sys::Fd pinned(const std::string& name) const {
    return sys::Fd(bpf_obj_get((ledger_below(bpffs.path()) + "/" + name).c_str()));
  }
  // As cgroups leave a map that came and went while the keeper did not look.
  void fill(const std::string& map) const {
    const sys::Fd fd = pinned(map);
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    ASSERT_EQ(bpf_obj_get_info_by_fd(fd.get(), &info, &size), 0) << map;
    std::vector<std::uint64_t> ids(info.max_entries);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = kNobody + i;
    const std::vector<char> entries(ids.size() * info.value_size);
    auto count = static_cast<std::uint32_t>(ids.size());
    // The last ones do not fit: there are entries already.
    (void)bpf_map_update_batch(fd.get(), ids.data(), entries.data(), &count, nullptr);
    const std::uint64_t further = kNobody * 2;
    ASSERT_NE(bpf_map_update_elem(fd.get(), &further, entries.data(), BPF_NOEXIST), 0) << map;
  }
  // Cgroups that send a packet each and are removed. Their ids.
  [[nodiscard]] std::vector<std::uint64_t> live_and_die(int count) const {
    std::vector<std::uint64_t> ids;
    for (int i = 0; i < count; ++i) {
      Cgroup cgroup("crowd/" + std::to_string(i));
      send_datagrams(cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM), at("10.77.0.2", 9), 1, 10);
      cgroup.remove();
      ids.push_back(cgroup.id());
    }
    return ids;
  }
  [[nodiscard]] std::size_t recorded(const std::vector<std::uint64_t>& ids) const {
    const sys::Fd removed = pinned("removed");
    return static_cast<std::size_t>(std::ranges::count_if(ids, [&](std::uint64_t id) {
      std::array<std::uint64_t, 2> ignored{};
      return bpf_map_lookup_elem(removed.get(), &id, ignored.data()) == 0;
    }));
  }
  [[nodiscard]] Traffic of(const Account& account) const {
    auto view = bpf::LedgerView::open(bpffs.path());
    Traffic all;
    for (const AccountTotals& one : view.value().read().accounts) {
      if (one.account == account) all += one.totals;
    }
    return all;
  }
  [[nodiscard]] Traffic overflow() const {
    return of({.kind = AccountKind::overflow, .cgroup_id = 0});
  }
  // What an account of its own has, of one packet for each look until there is one.
  [[nodiscard]] Traffic of_newcomer_soon() const {
    const Cgroup newcomer("newcomer");
    const sys::Fd socket = newcomer.socket(wire.host(), AF_INET, SOCK_DGRAM);
    Traffic mine;
    for (const auto end = std::chrono::steady_clock::now() + 90s;
         mine == Traffic{} && std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(100ms)) {
      send_datagrams(socket, at("10.77.0.2", 9), 1, kNewcomersPayload);
      mine = of({.kind = AccountKind::cgroup, .cgroup_id = newcomer.id()});
    }
    return mine;
  }

  Cgroup parent_{"crowd"};
};

TEST_P(UnrecordedDeaths, AreFoundByAWalkAsSoonAsTheRegistryHasRoom) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    keeper->signal(SIGSTOP);
    fill("removed");
    const auto dead = live_and_die(20);
    EXPECT_EQ(recorded(dead), 0U);
    keeper->signal(SIGCONT);
    for (const auto end = std::chrono::steady_clock::now() + 90s;
         recorded(dead) < dead.size() && std::chrono::steady_clock::now() < end;) {
      std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(recorded(dead), dead.size()) << keeper->said();
    expect_exact();
    EXPECT_EQ(overflow(), Traffic{});
  });
}

TEST_P(UnrecordedDeaths, OfMoreCgroupsThanSlotsTakeNoSlotThatOthersNeed) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    keeper->signal(SIGSTOP);
    fill("removed");
    fill("names");
    const auto dead = live_and_die(150);  // LedgerTest's ledger has 64 slots
    EXPECT_EQ(recorded(dead), 0U);
    EXPECT_EQ(overflow(), Traffic{});
    keeper->signal(SIGCONT);
    const Traffic newcomer = of_newcomer_soon();
    EXPECT_GE(newcomer.tx_bytes.value, kNewcomersFrame) << keeper->said();
    expect_exact();
    EXPECT_EQ(overflow(), Traffic{});
  });
}

INSTANTIATE_TEST_SUITE_P(By, UnrecordedDeaths, ::testing::Values(HookChoice::newest), hook_name);

}  // namespace
}  // namespace cgtally::harness
