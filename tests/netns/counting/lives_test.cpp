// SPDX-License-Identifier: Apache-2.0
// The incident that cgtally began with: a container whose cgroup path was destroyed and made again
// under traffic, and an agent that subtracted its counters to 400 PB/s. Here the path lives 50
// times, on the kernel.
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "adapters/sys/clock.h"
#include "core/traffic/sampler.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr int kCgroupLives = 50;
constexpr std::uint64_t kDatagram = 1000;
constexpr std::uint64_t kDatagramFrame = 14 + 20 + 8 + kDatagram;

// Reads, samples and sums up what all lives of one path did; checks each sample against the link.
class Agent {
 public:
  Agent(const Wire& wire, const Counted& counted, std::string path)
      : device_(wire.host_end()),
        counted_(counted),
        path_(std::move(path)),
        carried_before_last_(device_.truth()) {
    take();
  }

  void born(const Cgroup& life) { living_ = life.id(), ids_.insert(life.id()); }
  void died() { living_ = 0; }

  void take() {
    // The link's own counters, read before the earlier reading and after this one, enclose the
    // interval.
    const auto carried_before = device_.truth();
    const Reading reading{
        .taken = sys::now(), .ledger = "one", .accounts = counted_.tally().read()};
    const auto carried = difference(carried_before_last_, device_.truth());
    carried_before_last_ = carried_before;
    const auto name_of = [&](std::uint64_t id) {
      return ids_.contains(id) ? AccountName{path_, id != living_}
                               : AccountName{"#" + std::to_string(id), false};
    };
    const auto samples = sampler_.process(reading, name_of, [](InterfaceKey) { return "cgt0"; });
    sampler_.commit();
    for (const auto& sample : samples) check(sample, carried);
  }

  [[nodiscard]] const Traffic& sum_of_lives() const { return sum_of_lives_; }
  [[nodiscard]] int last_rows() const { return last_rows_; }

 private:
  void check(const Sample& sample, const Traffic& carried) {
    EXPECT_LE(rate(sample.delta.tx_bytes, sample.interval),
              rate(carried.tx_bytes, sample.interval));
    EXPECT_LE(rate(sample.delta.rx_bytes, sample.interval),
              rate(carried.rx_bytes, sample.interval));
    EXPECT_NE(sample.state, SampleState::reset) << sample.account.str();
    if (sample.account != path_) return;
    sum_of_lives_ += sample.delta;
    if (sample.state == SampleState::exited) ++last_rows_;
  }

  MeasuredDevice device_;
  const Counted& counted_;
  Sampler sampler_{"host"};
  std::string path_;
  std::uint64_t living_ = 0;
  std::set<std::uint64_t> ids_;
  Traffic carried_before_last_;
  Traffic sum_of_lives_;
  int last_rows_ = 0;
};

class Lives : public WireTest {};

TEST_F(Lives, OfOnePathNeverShowARateAboveTheLinksAndSumUpToWhatWasSent) {
  const Counted counted(wire_.host_end());
  const auto background = wire_.host().socket(AF_INET, SOCK_DGRAM);
  const auto peer = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(peer, remote_at(Ip::v4, 7001));
  std::string path;
  {
    const Cgroup first("redis");
    path = first.path();
  }
  Agent agent(wire_, counted, path);
  int datagrams = 0;
  for (int life = 0; life < kCgroupLives; ++life) {
    Cgroup cgroup("redis");
    ASSERT_EQ(cgroup.path(), path);
    agent.born(cgroup);
    const auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    bind_to(socket, host_at(Ip::v4, 7000));
    // A peer of its own: the owner cache may take the same tuple within one jiffy for the old
    // life's.
    const auto client = wire_.remote().socket(AF_INET, SOCK_DGRAM);
    // Later lives are shorter: a difference across lives would be negative.
    const int count = 2 * kCgroupLives - life;
    // What has been received has been booked: ksoftirqd may deliver long after a send.
    const auto exchange = [&](int each_way) {
      for (int i = 0; i < each_way; ++i) {
        send_datagrams(socket, remote_at(Ip::v4, 7001), 1, kDatagram);
        send_datagrams(client, host_at(Ip::v4, 7000), 1, kDatagram);
        receive_datagrams(peer, 1);
        receive_datagrams(socket, 1);
      }
      send_datagrams(background, remote_at(Ip::v4, 7001), 3, 50);
      receive_datagrams(peer, 3);
      datagrams += each_way;
    };
    exchange(count);
    agent.take();
    exchange(count / 2);
    cgroup.remove();
    exchange(5);  // the socket lives on, and so does its account
    agent.died();
    agent.take();
  }
  const auto expected = sum(sent(static_cast<std::uint64_t>(datagrams), kDatagramFrame),
                            received(static_cast<std::uint64_t>(datagrams), kDatagramFrame));
  EXPECT_EQ(agent.sum_of_lives(), expected) << counted.books();
  EXPECT_EQ(agent.last_rows(), kCgroupLives);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

}  // namespace
}  // namespace cgtally::harness
