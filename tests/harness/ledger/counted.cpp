// SPDX-License-Identifier: Apache-2.0
// Totals and truth cannot be read in one instant. They are comparable if neither moved between two
// readings of which one encloses the other.
#include "harness/ledger/counted.h"

#include <chrono>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>

#include "harness/host/old_kernel.h"

namespace cgtally::harness {
namespace {

constexpr auto kQuiet = std::chrono::milliseconds(20);
constexpr int kAttempts = 1500;
constexpr int kLasting = 20;

template <typename T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what + " (" + result.error().hint + ")");
  return std::move(*result);
}

void with_hook(HookChoice hook, const std::function<void()>& body) {
  hook == HookChoice::clsact ? without_tcx(body) : body();
}

}  // namespace

Books::Books(const std::vector<AccountTotals>& totals, InterfaceKey key) {
  for (const auto& each : totals) {
    if (each.iface == key && !each.totals.empty()) accounts_[each.account] += each.totals;
  }
}

Traffic Books::sum() const {
  Traffic all;
  for (const auto& [account, traffic] : accounts_) all += of(account);
  return all;
}

Traffic Books::of(const Account& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? Traffic{} : on_wire(found->second);
}
TcpCounts Books::tcp_of(const Account& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? TcpCounts{} : found->second.tcp;
}
TcpCounts Books::tcp_of(const Cgroup& cgroup) const {
  return tcp_of(Account{AccountKind::cgroup, cgroup.id()});
}
Traffic Books::of(AccountKind reason) const { return of(Account{reason, 0}); }
Traffic Books::of(const Cgroup& cgroup) const {
  return of(Account{AccountKind::cgroup, cgroup.id()});
}

std::ostream& operator<<(std::ostream& out, const Books& books) {
  for (const auto& [account, traffic] : books.accounts()) {
    out << (account.kind == AccountKind::cgroup ? "cgroup " + std::to_string(account.cgroup_id)
                                                : std::string(reason_name(account.kind)))
        << ": ";
    PrintTo(traffic, &out);
    out << '\n';
  }
  return out;
}

bpf::PacketPrograms make_tally(HookChoice hook, bpf::LedgerOptions options) {
  std::optional<bpf::PacketPrograms> tally;
  with_hook(hook, [&] { tally.emplace(value_of(bpf::PacketPrograms::create(options))); });
  return std::move(*tally);
}

InterfaceKey attach_to(bpf::PacketPrograms& tally, const MeasuredDevice& device, HookChoice hook) {
  const auto netns = tally.add_netns();
  if (const auto set = tally.set_addresses(netns, device.addresses); !set)
    throw std::runtime_error(set.error().what);
  const auto link = device.link();
  InterfaceKey key;
  with_hook(hook, [&] {
    const Inside guard(*device.netns);
    key = value_of(tally.attach(link, netns));
  });
  return key;
}

Counted::Counted(MeasuredDevice device, HookChoice hook, bpf::LedgerOptions options)
    : device_(std::move(device)), tally_(make_tally(hook, options)) {
  // If the wire was not quiet while the programs were attached, attach again.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    base_ = device_.truth();
    arrived_base_ = device_.arrived.read().packets;
    key_ = attach_to(tally_, device_, hook);
    if (device_.truth() == base_ && books().sum().empty()) return;
    const Inside guard(*device_.netns);
    tally_.detach(key_);
  }
  throw std::runtime_error("the wire never was quiet");
}

std::uint64_t Counted::arrived() const { return device_.arrived.read().packets - arrived_base_; }

// If a queue of the test's own wire overflows, that would look like a wrong total.
void Counted::require_nothing_lost(const Traffic& truth) const {
  if (arrived() == truth.rx_packets.value) return;
  throw std::runtime_error("of " + std::to_string(truth.rx_packets.value) + " frames " +
                           std::to_string(arrived()) + " came to " + device_.name);
}

// On a busy machine a frame may be in flight for longer than it is quiet elsewhere: a difference
// counts only if it lasts.
Settled Counted::settle() const {
  int unmoved = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto truth_first = truth();
    const auto books_first = books();
    std::this_thread::sleep_for(kQuiet);
    const auto books_then = books();
    unmoved = books_first == books_then && truth() == truth_first ? unmoved + 1 : 0;
    const bool equal = books_then.sum() == truth_first && arrived() == truth_first.rx_packets.value;
    if (unmoved < (equal ? 1 : kLasting)) continue;
    require_nothing_lost(truth_first);
    return {books_then, truth_first};
  }
  throw std::runtime_error("the wire does not become quiet");
}

}  // namespace cgtally::harness
