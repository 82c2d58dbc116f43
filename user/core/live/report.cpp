// SPDX-License-Identifier: Apache-2.0
#include "core/live/report.h"

#include <algorithm>
#include <tuple>

#include "core/containers/cgroup_identity.h"

namespace cgtally {
namespace {

std::optional<double> share(Bytes part, Bytes whole) {
  if (whole.value == 0) return std::nullopt;
  return static_cast<double>(part.value) / static_cast<double>(whole.value);
}

bool has_owner(const AccountLine& line, const Sample& sample) {
  return line.owner.container == sample.container && line.owner.pod == sample.pod &&
         line.owner.k8s_namespace == sample.k8s_namespace;
}

void add_rates(Rates& sum, const Rates& more) {
  sum.rx.bits_per_second += more.rx.bits_per_second;
  sum.tx.bits_per_second += more.tx.bits_per_second;
  sum.rx_packets.packets_per_second += more.rx_packets.packets_per_second;
  sum.tx_packets.packets_per_second += more.tx_packets.packets_per_second;
  sum.connections.packets_per_second += more.connections.packets_per_second;
  sum.resets.packets_per_second += more.resets.packets_per_second;
}

}  // namespace

Rates rates(const Traffic& traffic, Nanoseconds elapsed) {
  const Packets connections{traffic.tcp.rx_connections + traffic.tcp.tx_connections};
  const Packets resets{traffic.tcp.rx_resets + traffic.tcp.tx_resets};
  return {.rx = rate(traffic.rx_bytes, elapsed).value_or(BitRate{}),
          .tx = rate(traffic.tx_bytes, elapsed).value_or(BitRate{}),
          .rx_packets = rate(traffic.rx_packets, elapsed).value_or(PacketRate{}),
          .tx_packets = rate(traffic.tx_packets, elapsed).value_or(PacketRate{}),
          .connections = rate(connections, elapsed).value_or(PacketRate{}),
          .resets = rate(resets, elapsed).value_or(PacketRate{})};
}

void add_connections(std::vector<AccountLine>& lines,
                     const std::map<std::string, TcpSummary>& by_account, bool complete) {
  for (AccountLine& line : lines) {
    if (line.exited_ago || line.account.starts_with('(')) {
      continue;
    }
    const auto found = by_account.find(line.account);
    if (found != by_account.end()) {
      line.connections = found->second.connections;
      line.queue_delay = found->second.queue_delay_p99;
    } else if (complete) {
      line.connections = 0;
    }
  }
}

void NamedShare::add(const Sample& sample) {
  all_ += sample.delta;
  if (sample.cgroup_id != 0) {
    cgroups_ += sample.delta;
  }
}

Named NamedShare::named() const {
  return {.rx = share(cgroups_.rx_bytes, all_.rx_bytes),
          .tx = share(cgroups_.tx_bytes, all_.tx_bytes)};
}

void OwnerSums::add(const Sample& sample) {
  all_ += sample.delta;
  if (sample.cgroup_id == 0) {
    unnamed_ += sample.delta;
  } else if (!sample.container.empty() || !sample.pod.empty() || !sample.k8s_namespace.empty() ||
             may_have_container_name(sample.account)) {
    containers_ += sample.delta;
    pods_ = pods_ || !sample.pod.empty() || !sample.k8s_namespace.empty();
  }
}

OwnerShares OwnerSums::shares() const {
  const auto shares_of = [this](const Traffic& part) {
    return Named{.rx = share(part.rx_bytes, all_.rx_bytes),
                 .tx = share(part.tx_bytes, all_.tx_bytes)};
  };
  Traffic others = containers_;
  others += unnamed_;
  const Traffic host{.rx_bytes = {all_.rx_bytes.value - others.rx_bytes.value},
                     .rx_packets = {},
                     .tx_bytes = {all_.tx_bytes.value - others.tx_bytes.value},
                     .tx_packets = {}};
  return {.containers = shares_of(containers_),
          .host = shares_of(host),
          .unnamed = shares_of(unnamed_),
          .pods = pods_};
}

void AccountTable::add(const std::vector<Sample>& samples, const Moment& now) {
  now_ = now;
  for (auto& [name, entry] : entries_) {
    entry.line.moved = {};
    entry.line.rates = {};
  }
  interfaces_.clear();
  std::map<std::string, NamedShare> shares;
  std::map<std::string, OwnerSums> owners;
  for (const Sample& sample : samples) {
    add_account(sample);
    InterfaceLine& line = interfaces_[sample.iface];
    line.name = sample.iface;
    line.moved += sample.delta;
    line.rates = rates(line.moved, sample.interval);
    NamedShare& named = shares[sample.iface];
    named.add(sample);
    line.named = named.named();
    owners[sample.iface].add(sample);
  }
  for (const auto& [name, sums] : owners) {
    if (sums.any_container()) with_containers_.insert(name);
    if (with_containers_.contains(name)) interfaces_[name].owners = sums.shares();
  }
  std::erase_if(entries_, [&](const auto& item) {
    const auto& ended = item.second.ended;
    return ended && now.boot - *ended > keep_exited_;
  });
}

void AccountTable::add_account(const Sample& sample) {
  // What it holds is in the lines of the accounts that were folded into it.
  if (is_folded_row(sample.cgroup_id, sample.account)) return;
  Entry& entry = entries_[sample.account];
  if (entry.line.account.empty() || !has_owner(entry.line, sample)) {  // a name may come later
    entry.line.account = sample.account;
    entry.line.label = sample.label();
    entry.line.owner = sample.owner();
  }
  entry.line.moved += sample.delta;
  entry.line.rates = rates(entry.line.moved, sample.interval);
  // The first sample of an interface brings the bytes that were counted before this table began;
  // the later ones add differences, so that a total never falls when an interface is made again.
  const bool first = entry.seen_on.insert(sample.iface).second;
  entry.line.totals += first ? sample.totals : sample.delta;
  if (sample.state != SampleState::exited) {
    entry.ended.reset();
  } else if (sample.cgroup_id != 0 && !entry.ended) {
    entry.ended = sample.taken.boot;
  }
}

std::vector<InterfaceLine> AccountTable::interfaces() const {
  std::vector<InterfaceLine> lines;
  for (const auto& [name, line] : interfaces_) {
    lines.push_back(line);
  }
  return lines;
}

std::vector<AccountLine> AccountTable::accounts() const {
  std::vector<AccountLine> lines;
  for (const auto& [name, entry] : entries_) {
    lines.push_back(entry.line);
    if (entry.ended) {
      lines.back().exited_ago = now_.boot - *entry.ended;
    }
  }
  std::ranges::sort(lines, [](const AccountLine& a, const AccountLine& b) {
    return std::tuple(b.moved.bytes(), b.totals.bytes(), std::string_view(a.account)) <
           std::tuple(a.moved.bytes(), a.totals.bytes(), std::string_view(b.account));
  });
  return lines;
}

Shortlist shortlist(const std::vector<AccountLine>& lines, std::size_t most) {
  Shortlist result;
  if (lines.size() <= most) {
    result.lines = lines;
    return result;
  }
  const auto rest = lines.begin() + static_cast<std::ptrdiff_t>(most);
  result.lines.assign(lines.begin(), rest);
  result.other_count = lines.size() - most;
  AccountLine others;
  others.account = "(others)";
  for (auto line = rest; line != lines.end(); ++line) {
    others.moved += line->moved;
    others.totals += line->totals;
    add_rates(others.rates, line->rates);
    if (line->connections) {
      others.connections = others.connections.value_or(0) + *line->connections;
    }
  }
  result.others = std::move(others);
  return result;
}

}  // namespace cgtally
