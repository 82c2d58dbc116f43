// SPDX-License-Identifier: Apache-2.0
#include "harness/ledger/pinned.h"

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include "adapters/bpf/ledger/ledger_view.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 7000;
// A limit only for what never comes: a busy machine is late.
constexpr auto kPatience = 60s;

// The part of the traffic that the host sends at once.
constexpr std::size_t kHeaders = 14 + 20 + 8;
constexpr std::size_t kPayload = 700;
constexpr std::uint16_t kSegment = 1400;
constexpr std::size_t kSegmented = 6000;
static_assert(Stream::kDatagram == kPayload + kHeaders);
static_assert(Stream::kFramesOfSuper == (kSegmented + kSegment - 1) / kSegment);
static_assert(Stream::kBytesOfSuper == kSegmented + Stream::kFramesOfSuper * kHeaders);

void let_go(const std::string& path) {
  umount2(path.c_str(), MNT_DETACH);
  rmdir(path.c_str());
}

void remove_leftovers() {
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path())) {
    const std::string name = entry.path().filename();
    if (name.ends_with("-bpffs") && is_leftover(name)) let_go(entry.path());
  }
}

bpf::LedgerView view_of(const std::string& bpffs) {
  auto view = bpf::LedgerView::open(bpffs);
  if (!view) throw std::runtime_error(view.error().what);
  return *std::move(view);
}

Traffic sum_of(const std::vector<AccountTotals>& accounts) {
  Traffic all;
  for (const auto& account : accounts) all += on_wire(account.totals);
  return all;
}

}  // namespace

std::string ledger_below(const std::string& bpffs) {
  return bpffs + "/cgtally/v" + std::to_string(bpf::kAbiVersion);
}

Bpffs::Bpffs() : path_(fs::temp_directory_path() / ("cgt-" + std::to_string(getpid()) + "-bpffs")) {
  remove_leftovers();
  fs::create_directory(path_);
  require(mount("bpf", path_.c_str(), "bpf", 0, nullptr) == 0, "mount a BPF file system");
}

Bpffs::~Bpffs() { let_go(path_); }

void Bpffs::remount(const std::string& option) const {
  run({"mount", "-o", "remount," + option, path_});
}

std::vector<std::string> Bpffs::entries() const {
  std::vector<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    const auto name = fs::relative(entry.path(), path_).string();
    if (!name.ends_with(".debug")) all.push_back(name);
  }
  std::ranges::sort(all);
  return all;
}

Words on_ledger(const std::string& binary, const Bpffs& bpffs, Words words) {
  words.insert(words.begin(), binary);
  words.insert(words.end(), {"--bpffs", bpffs.path()});
  return words;
}

void await_words(const Running& program, const std::string& words) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (program.said().find(words) != std::string::npos) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("waited in vain for '" + words + "'; it said: " + program.said());
}

std::unique_ptr<Running> start_keeper(const Words& up) {
  auto keeper = std::make_unique<Running>(up);
  await_words(*keeper, "the keeper runs");
  return keeper;
}

Traffic booked(const Bpffs& bpffs) { return sum_of(view_of(bpffs.path()).read().accounts); }

Balance settle(const Bpffs& bpffs, const MeasuredDevice& device, const Traffic& base,
               const Traffic& booked_before) {
  auto view = view_of(bpffs.path());
  const auto look = [&] {
    return std::pair(difference(booked_before, sum_of(view.read().accounts)),
                     difference(base, device.truth()));
  };
  // On a busy machine a frame may be in flight for long: a difference counts only if it lasts.
  constexpr int kUnmovedLooks = 50;
  int unmoved = 0;
  for (int attempt = 0; attempt < 500; ++attempt) {
    const auto first = look();
    std::this_thread::sleep_for(20ms);
    unmoved = look() == first ? unmoved + 1 : 0;
    const bool equal = first.first == first.second;
    if (unmoved >= (equal ? 1 : kUnmovedLooks)) return {first.first, first.second};
  }
  throw std::runtime_error("the wire does not become quiet");
}

Stream::Stream(const Wire& wire)
    : host_(wire.host().socket(AF_INET, SOCK_DGRAM)),
      remote_(wire.remote().socket(AF_INET, SOCK_DGRAM)) {
  bind_to(host_, at(kHost4, kPort));
  bind_to(remote_, at(kRemote4, kPort));
  thread_ = std::thread([this] {
    while (!ended_) {
      idle_ = !wanted_;
      if (wanted_) once();
      std::this_thread::sleep_for(200us);
    }
  });
}

Stream::~Stream() {
  ended_ = true;
  thread_.join();
}

void Stream::run() { wanted_ = true; }

void Stream::pause() {
  wanted_ = false;
  idle_ = false;
  while (!idle_) std::this_thread::sleep_for(1ms);
}

// The receivers never read: a datagram that their full sockets drop has crossed the wire all the
// same.
void Stream::once() {
  send_datagrams(host_, at(kRemote4, kPort), 2, kPayload);
  send_segmented(host_, at(kRemote4, kPort), kSegmented, kSegment);
  send_datagrams(remote_, at(kHost4, kPort), 3, 500);
}

MonotonyWatch::MonotonyWatch(const Bpffs& bpffs)
    : thread_([this, path = bpffs.path()] { watch(path); }) {}

MonotonyWatch::~MonotonyWatch() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
}

void MonotonyWatch::watch(const std::string& bpffs) {
  auto view = view_of(bpffs);
  std::map<std::pair<InterfaceKey, Account>, Traffic> before;
  for (; !ended_; ++readings_) {
    std::map<std::pair<InterfaceKey, Account>, Traffic> now;
    for (const auto& one : view.read().accounts) now[{one.iface, one.account}] = one.totals;
    for (const auto& [key, totals] : before) {
      if (!(totals <= now[key])) complaint_ = "a total went backwards";
    }
    before = std::move(now);
    std::this_thread::sleep_for(1ms);
  }
}

std::uint64_t MonotonyWatch::stop() {
  ended_ = true;
  thread_.join();
  if (!complaint_.empty()) throw std::runtime_error(complaint_);
  return readings_;
}

}  // namespace cgtally::harness
