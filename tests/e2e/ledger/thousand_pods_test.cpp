// SPDX-License-Identifier: Apache-2.0
// A thousand pods that come and go within a minute, each with a few packets: with the default slots
// nothing goes to (overflow), the keeper retires all of them, and in the CSV each has its own
// packets under its own name, though its files went with it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kPods = 1000;
constexpr std::size_t kTogether = 50;

std::uint64_t packets_of(int pod) { return 1 + static_cast<std::uint64_t>(pod) % 5; }

class ThousandPods : public LedgerTest {
 protected:
  ~ThousandPods() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string pod_slice(int pod) const {
    return fmt::format("pods.slice/kubepods-pod{:08x}_0000_4000_8000_{:012x}.slice", pod, pod);
  }
  [[nodiscard]] std::string bundle(const std::string& id) const {
    return fmt::format("{}/run/containerd/io.containerd.runtime.v2.task/k8s.io/{}", root_, id);
  }
  void write_bundle(int pod, const std::string& id) const {
    const std::string slice = pod_slice(pod);
    std::filesystem::create_directories(bundle(id));
    std::ofstream(bundle(id) + "/config.json") << fmt::format(
        R"({{"annotations":{{"io.kubernetes.cri.container-name":"app",
        "io.kubernetes.cri.sandbox-name":"pod-{}","io.kubernetes.cri.sandbox-namespace":"shop"}},
        "linux":{{"cgroupsPath":"{}:cri-containerd:{}"}}}})",
        pod, slice.substr(slice.find('/') + 1), id);
  }
  struct Pod {
    std::string id;
    Cgroup slice;
    Cgroup container;
  };
  [[nodiscard]] Pod born(int pod) const {
    std::string id = fmt::format("{:064x}", pod);
    write_bundle(pod, id);
    Cgroup slice(pod_slice(pod));
    Cgroup container(fmt::format("{}/cri-containerd-{}.scope", pod_slice(pod), id));
    const auto socket = container.socket(wire.host(), AF_INET, SOCK_DGRAM);
    send_datagrams(socket, at("10.77.0.2", 9), static_cast<int>(packets_of(pod)), 10);
    return {std::move(id), std::move(slice), std::move(container)};
  }
  // As a runtime does it: the files go first.
  void end(Pod pod) const {
    std::filesystem::remove_all(bundle(pod.id));
    pod.container.remove();
  }
  // Each lives for as long as kTogether others are born; a tenth of a second at least.
  std::uint64_t let_all_live() const {
    std::deque<Pod> alive;
    std::uint64_t sent = 0;
    for (int pod = 0; pod < kPods; ++pod) {
      alive.push_back(born(pod));
      sent += packets_of(pod);
      std::this_thread::sleep_for(5ms);
      if (alive.size() < kTogether) continue;
      end(std::move(alive.front()));
      alive.pop_front();
    }
    std::this_thread::sleep_for(100ms);
    for (Pod& one : alive) end(std::move(one));
    return sent;
  }
  [[nodiscard]] Traffic booked_on(AccountKind kind) const {
    auto view = bpf::LedgerView::open(bpffs.path());
    Traffic all;
    const auto reading = view.value().read();
    for (const AccountTotals& one : reading.accounts) {
      if (one.account.kind == kind) all += one.totals;
    }
    return all;
  }

  const Cgroup parent_{"pods.slice"};
  const std::string root_ = fmt::format("{}cgt-pods-{}", testing::TempDir(), getpid());
};

TEST_P(ThousandPods, EachHasItsPacketsAndItsNameAndLeavesItsSlot) {
  on_kernel([&] {
    std::filesystem::create_directories(root_);
    const auto keeper = start_keeper(
        on_ledger(kOld, bpffs, {"up", "--keep", "-i", "cgt0", "--netns", wire.host().name()}));
    Running reader(on_ledger(kOld, bpffs, {"record", "--interval", "500ms", "--host-root", root_}));
    await_words(reader, "counting");
    stream.once();

    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t sent = let_all_live();
    const auto end = std::chrono::steady_clock::now();
    std::cout << "they came and went in " << std::chrono::duration<double>(end - begin).count()
              << " s\n";
    // The kernel releases cgroups one after the other, and others' are among them.
    while (booked_on(AccountKind::retired).tx_packets.value < sent &&
           std::chrono::steady_clock::now() - end < 120s) {
      std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(booked_on(AccountKind::retired).tx_packets.value, sent) << "all of them are retired";
    EXPECT_EQ(booked_on(AccountKind::overflow), Traffic{});
    expect_exact();

    reader.signal(SIGTERM);
    const auto finished = reader.wait();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    std::map<std::string, std::uint64_t> packets;  // by name
    for (const Sample& sample : samples_of(finished.out)) {
      if (!sample.account.str().starts_with(parent_.path())) continue;
      EXPECT_EQ(sample.container, "app") << sample.account.str();
      EXPECT_EQ(sample.k8s_namespace, "shop") << sample.account.str();
      const int pod =
          std::stoi(sample.account.str().substr(sample.account.str().size() - 14, 8), nullptr, 16);
      EXPECT_EQ(sample.pod, fmt::format("pod-{}", pod)) << sample.account.str();
      packets[sample.pod] += sample.delta.tx_packets.value;
    }
    EXPECT_EQ(packets.size(), static_cast<std::size_t>(kPods));
    for (int pod = 0; pod < kPods; ++pod) {
      EXPECT_EQ(packets[fmt::format("pod-{}", pod)], packets_of(pod)) << pod;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(By, ThousandPods, ::testing::Values(HookChoice::newest), hook_name);

}  // namespace
}  // namespace cgtally::harness
