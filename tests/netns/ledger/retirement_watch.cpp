// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <sstream>

#include "harness/traffic/traffic.h"
#include "harness/traffic/wire_truth.h"
#include "netns/ledger/retirement_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kHostPort = 6100;
constexpr std::uint16_t kRemotePort = 6000;

void drain(const sys::Fd& socket) {
  std::array<char, 2048> buffer{};
  while (recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

Follower::Follower(const bpf::Ledger& ledger)
    : cells_(ledger), final_totals_(must(bpf::FinalTotalsReader::open(ledger))) {
  look();
}

void Follower::check(bool holds, const std::string& what, const Traffic& before,
                     const Traffic& now) {
  if (holds || !fault_.empty()) return;
  std::ostringstream text;
  text << what << " fell: ";
  PrintTo(before, &text);
  text << " -> ";
  PrintTo(now, &text);
  fault_ = text.str();
}

void Follower::look() {
  last_ = cells_.read(final_totals_);
  lost_ += last_.lost_final_totals;
  for (const FinalTotals& ending : last_.final_totals) {
    const InterfaceAccount key{ending.iface, ending.account};
    ended_[key] += ending.totals;
    ++endings_[key];
  }
  Traffic sum;
  auto now = ended_;
  for (const AccountTotals& account : last_.accounts) {
    now[{account.iface, account.account}] += account.totals;
    sum += account.totals;
  }
  check(sum_ <= sum, "the sum of the ledger", sum_, sum);
  for (const auto& [key, before] : of_) {
    check(before <= now[key], "an account", before, now[key]);
  }
  sum_ = sum;
  of_ = std::move(now);
}

Traffic Follower::of(const InterfaceAccount& account) const {
  const auto found = of_.find(account);
  return found == of_.end() ? Traffic{} : found->second;
}

int Follower::final_totals(const InterfaceAccount& account) const {
  const auto found = endings_.find(account);
  return found == endings_.end() ? 0 : found->second;
}

Watch::Watch(const bpf::Ledger& ledger)
    : follower_(ledger), thread_([this] {
        while (!over_) {
          follower_.look();
          ++looks_;
          std::this_thread::sleep_for(std::chrono::milliseconds{2});
        }
      }) {}

Watch::~Watch() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

Follower& Watch::end() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  follower_.look();
  return follower_;
}

Traffics::Traffics(const Wire& wire, const std::vector<const Cgroup*>& cgroups)
    : remote_(wire.remote().socket(AF_INET, SOCK_DGRAM)) {
  bind_to(remote_, at(kRemote4, kRemotePort));
  auto port = kHostPort;
  for (const Cgroup* cgroup : cgroups) {
    sockets_.push_back(cgroup->socket(wire.host(), AF_INET, SOCK_DGRAM));
    bind_to(sockets_.back(), at(kHost4, port++));
  }
  thread_ = std::thread([this] { run(); });
}

void Traffics::run() {
  while (!over_) {
    auto port = kHostPort;
    for (const sys::Fd& socket : sockets_) {
      send_datagrams(socket, at(kRemote4, kRemotePort), 2, 100);
      send_datagrams(remote_, at(kHost4, port++), 1, 300);
      drain(socket);
    }
    drain(remote_);
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

void Traffics::end() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

}  // namespace cgtally::harness
