// SPDX-License-Identifier: Apache-2.0
// Device counters come from /proc/thread-self/net/dev, which shows the thread's own namespace;
// sysfs would show the one it was mounted in.
#include "harness/traffic/wire_truth.h"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "harness/host/command.h"

namespace cgtally {
namespace {

bool none_more(const TcpCounts& a, const TcpCounts& b) {
  return a.rx_connections <= b.rx_connections && a.tx_connections <= b.tx_connections &&
         a.rx_resets <= b.rx_resets && a.tx_resets <= b.tx_resets &&
         a.rx_without_data <= b.rx_without_data && a.tx_without_data <= b.tx_without_data;
}

}  // namespace

bool operator<=(const Traffic& a, const Traffic& b) {
  return a.rx_bytes <= b.rx_bytes && a.rx_packets <= b.rx_packets && a.tx_bytes <= b.tx_bytes &&
         a.tx_packets <= b.tx_packets && none_more(a.tcp, b.tcp);
}

void PrintTo(const TcpCounts& tcp, std::ostream* out) {
  *out << "connections " << tcp.rx_connections << '/' << tcp.tx_connections << ", resets "
       << tcp.rx_resets << '/' << tcp.tx_resets << ", without data " << tcp.rx_without_data.value
       << '/' << tcp.tx_without_data.value;
}

void PrintTo(const Traffic& traffic, std::ostream* out) {
  *out << "rx " << traffic.rx_bytes.value << " B in " << traffic.rx_packets.value << ", tx "
       << traffic.tx_bytes.value << " B in " << traffic.tx_packets.value;
  if (traffic.tcp == TcpCounts{}) return;
  *out << ", ";
  PrintTo(traffic.tcp, out);
}

}  // namespace cgtally

namespace cgtally::harness {
namespace {

constexpr std::uint64_t kEthernetHeader = 14;

std::uint64_t minus(std::uint64_t now, std::uint64_t before) {
  if (now < before) throw std::runtime_error("a counter went backwards");
  return now - before;
}

}  // namespace

Frames DeviceCounter::read() const {
  const Inside guard(*netns);
  std::ifstream devices("/proc/thread-self/net/dev");
  for (std::string line; std::getline(devices, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos ||
        line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' ')) != device)
      continue;
    std::istringstream fields(line.substr(colon + 1));
    std::array<std::uint64_t, 10> value{};
    for (auto& each : value) fields >> each;
    return sent ? Frames{value[8], value[9]} : Frames{value[0], value[1]};
  }
  throw std::runtime_error("no device " + device + " in " + netns->name());
}

Traffic difference(const Traffic& from, const Traffic& to) {
  return {Bytes{minus(to.rx_bytes.value, from.rx_bytes.value)},
          Packets{minus(to.rx_packets.value, from.rx_packets.value)},
          Bytes{minus(to.tx_bytes.value, from.tx_bytes.value)},
          Packets{minus(to.tx_packets.value, from.tx_packets.value)}};
}

Traffic sum(const Traffic& a, const Traffic& b) {
  auto both = a;
  both += b;
  return both;
}

Traffic on_wire(Traffic traffic) {
  traffic.tcp = {};
  return traffic;
}

FlowCounter::FlowCounter(const Netns& netns, const std::string& device) : netns_(netns) {
  const Inside guard(netns_);
  run({"nft", "-f", "-"}, "table netdev truth { chain frames { type filter hook ingress device " +
                              device + " priority 0; policy accept; }; }\n");
}

void FlowCounter::watch(const std::string& name, const std::string& match) {
  const Inside guard(netns_);
  run({"nft", "-f", "-"}, "add counter netdev truth " + name + "\nadd rule netdev truth frames " +
                              match + " counter name " + name + "\n");
}

Frames FlowCounter::read(const std::string& name) const {
  const Inside guard(netns_);
  std::istringstream listing(run({"nft", "list", "counter", "netdev", "truth", name}));
  for (std::string word; listing >> word;) {
    if (word != "packets") continue;
    Frames frames;
    listing >> frames.packets >> word >> frames.bytes;
    // nftables counts from the network header on.
    frames.bytes += kEthernetHeader * frames.packets;
    return frames;
  }
  throw std::runtime_error("no counter " + name);
}

}  // namespace cgtally::harness
