// SPDX-License-Identifier: Apache-2.0
// The second pod moves twice what the first one does, so that bytes on the other's account show.
#include "netns/paths/path_scene.h"

#include <netinet/in.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "adapters/csv/samples.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBytesOfFirst = 3'000'000;
constexpr std::uint16_t kQueue = 7;
constexpr int kDatagrams = 200;
constexpr std::size_t kDatagramBytes = 700;

std::string filled(std::string text, const std::string& word, const std::string& value) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word))
    text.replace(at, word.size(), value);
  return text;
}

// Each datagram is answered to the address that it came from, which NAT may have made.
void echo(const sys::Fd& client, const sys::Fd& server, const SocketAddress& to) {
  std::array<char, 2048> buffer{};
  for (int i = 0; i < kDatagrams; ++i) {
    send_datagrams(client, to, 1, kDatagramBytes);
    SocketAddress from;
    from.size = sizeof(from.storage);
    const auto got = recvfrom(server.get(), buffer.data(), buffer.size(), 0,
                              reinterpret_cast<sockaddr*>(&from.storage), &from.size);
    require(got == static_cast<ssize_t>(kDatagramBytes), "receive a datagram");
    send_datagrams(server, from, 1, kDatagramBytes);
    receive_datagrams(client, 1);
  }
}

void listen_on_wildcard(const sys::Fd& tcp, const sys::Fd& udp, std::uint16_t port) {
  listen_at(tcp, at("::", port));
  bind_to(udp, at("::", port));
}

}  // namespace

PathScene::PathScene() {
  directory_ = std::filesystem::temp_directory_path() / wire_.host().name();
  std::filesystem::create_directories(directory_);
  host().sysctl("net.ipv4.ip_forward", "1");
  host().sysctl("net.ipv6.conf.all.forwarding", "1");
  wire_.remote().ip("route add 10.88.0.0/24 via 10.77.0.1\nroute add fd88::/64 via fd77::1\n");
}

PathScene::~PathScene() {
  record_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

PathPod& PathScene::add_pod(const std::string& label) {
  return *pods_.emplace_back(std::make_unique<PathPod>(label, static_cast<int>(pods_.size()) + 1));
}
PathPod& PathScene::add_pod(const std::string& label, const Netns& netns) {
  return *pods_.emplace_back(
      std::make_unique<PathPod>(label, static_cast<int>(pods_.size()) + 1, netns));
}

void PathScene::plug(const PathPod& pod) const {
  const auto number = std::to_string(pod.number());
  host().ip("link add " + pod.device() + " address 02:00:00:00:01:0" + number +
            " type veth peer name eth0 address 02:00:00:00:02:0" + number + " netns " +
            pod.netns().name() + "\nlink set " + pod.device() + " up\n");
  pod.netns().ip("link set eth0 up\n");
}

void PathScene::nft(const std::string& rules) const {
  const Inside guard(host());
  harness::run({"nft", "-f", "-"}, rules);
}
void PathScene::in_host(const std::vector<std::string>& argv) const {
  const Inside guard(host());
  harness::run(argv);
}

void PathScene::serve_queue() {
  queue_ = std::make_unique<QueueServer>(host(), kQueue);
  require(queue_forwarded(host(), kQueue), "NFQUEUE");
}

void PathScene::listen_beside() {
  bystander_ = std::make_unique<Cgroup>("bystander");
  for (const auto& pod : pods_) {
    auto& tcp = bystanders_sockets_.emplace_back(bystander_->socket(host(), AF_INET6, SOCK_STREAM));
    listen_at(tcp, at("::", pod->port()));
    auto& udp = bystanders_sockets_.emplace_back(bystander_->socket(host(), AF_INET6, SOCK_DGRAM));
    bind_to(udp, at("::", pod->port()));
  }
}

void PathScene::talk(const MakeSocket& client, const MakeSocket& server, const SocketAddress& to,
                     std::size_t bytes) const {
  const auto listener = server(AF_INET6, SOCK_STREAM), bound = server(AF_INET6, SOCK_DGRAM);
  const auto& storage = reinterpret_cast<const sockaddr_in&>(to.storage);  // the port lies alike
  listen_on_wildcard(listener, bound, ntohs(storage.sin_port));
  auto near = client(to.family(), SOCK_STREAM);
  connect_to(near, to);
  auto far = accept_from(listener);
  converse(near, far, 10, 500, 5000);
  transfer(near, far, bytes);
  transfer(far, near, bytes);
  close_in_order(std::move(near), std::move(far));
  const auto datagrams = client(to.family(), SOCK_DGRAM);
  if (connected_udp_) connect_to(datagrams, to);
  echo(datagrams, bound, to);
}

void PathScene::talk_of(const PathPod& pod) const {
  const MakeSocket container = [&](int family, int type) { return socket_of_(pod, family, type); };
  const MakeSocket remote = [&](int family, int type) {
    return wire_.remote().socket(family, type);
  };
  const auto bytes = kBytesOfFirst * static_cast<std::size_t>(pod.number());
  if (const auto to = remote_of_(pod); !to.empty())
    talk(container, remote, at(to, pod.port()), bytes);
  if (const auto to = address_of_(pod); !to.empty())
    talk(remote, container, at(to, pod.port()), bytes);
}

void PathScene::talk_between(const PathPod& client, const PathPod& server,
                             const std::string& address) const {
  talk([&](int family, int type) { return socket_of_(client, family, type); },
       [&](int family, int type) { return socket_of_(server, family, type); },
       at(address, server.port()), kBytesOfFirst);
}

PathOutcome PathScene::run() {
  for (const auto& pod : pods_) {
    const auto name = "pod" + std::to_string(pod->number());
    const auto fill = [&](const std::string& text) {
      return filled(filled(text, "%PORT%", std::to_string(pod->port())), "%IP4%", pod->ip4());
    };
    const auto from = fill(from_port_), to = fill(to_port_);
    wire_.watch(name + "out", from, to);
    wire_.watch(name + "in", to, from);
  }
  start_record();
  const auto base = wire_.host_end().truth();
  for (const auto& pod : pods_) talk_of(*pod);
  if (also_) also_();
  PathOutcome outcome;
  stop_record(outcome);
  outcome.wire = difference(base, wire_.host_end().truth());
  for (const auto& pod : pods_) {
    const auto name = "pod" + std::to_string(pod->number());
    outcome.of_pods.push_back(sum(wire_.watched(name + "out"), wire_.watched(name + "in")));
  }
  return outcome;
}

// The header says that the base has been read.
void PathScene::start_record() {
  const auto csv = directory_ + "/rows.csv";
  std::vector<std::string> words{CGTALLY_BINARY, "record",  "--private",  "--interval",
                                 "100ms",        "--csv",   csv,          "-i",
                                 "cgt0",         "--netns", host().name()};
  for (const auto& pod : pods_) {
    if (counts_inside_) words.insert(words.end(), {"-i", "eth0", "--netns", pod->netns().name()});
  }
  record_ = std::make_unique<Running>(words);
  std::error_code ignored;
  for (int attempt = 0; attempt < 10000; ++attempt) {  // in a VM the verifier needs half a minute
    if (const auto size = std::filesystem::file_size(csv, ignored); !ignored && size > 0) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("record does not begin: " + record_->said());
}

void PathScene::stop_record(PathOutcome& outcome) {
  std::this_thread::sleep_for(150ms);
  record_->signal(SIGINT);
  const auto finished = record_->wait();
  if (finished.exit_code != 0) throw std::runtime_error("record: " + finished.err);
  const auto samples = csv::read_samples(directory_ + "/rows.csv");
  if (!samples) throw std::runtime_error(samples.error().what);
  outcome.inside.resize(pods_.size());
  for (const auto& sample : *samples) {
    if (sample.iface == "cgt0") outcome.accounts[sample.account] += on_wire(sample.delta);
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      const bool own = sample.iface != "cgt0" && sample.account == pods_[i]->container_path();
      if (own) outcome.inside[i] += on_wire(sample.delta);
    }
  }
  record_.reset();
}

}  // namespace cgtally::harness
