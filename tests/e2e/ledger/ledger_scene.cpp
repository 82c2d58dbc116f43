// SPDX-License-Identifier: Apache-2.0
#include "e2e/ledger/ledger_scene.h"

#include <signal.h>

#include <chrono>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "adapters/csv/samples.h"
#include "harness/host/hooks.h"
#include "harness/host/old_kernel.h"

namespace cgtally::harness {

using namespace std::chrono_literals;

std::vector<Sample> samples_of(const std::string& csv) {
  std::istringstream text(csv);
  auto samples = csv::read_samples(text);
  if (!samples) throw std::runtime_error(samples.error().what + ": " + csv);
  return *std::move(samples);
}

Traffic last_totals(const std::string& csv) {
  std::map<std::pair<std::string, std::string>, Traffic> last;
  for (const auto& sample : samples_of(csv)) last[{sample.iface, sample.account}] = sample.totals;
  Traffic all;
  for (const auto& [account, totals] : last) all += totals;
  return all;
}

Traffic sum_of_deltas(const std::string& csv) {
  Traffic all;
  for (const auto& sample : samples_of(csv)) all += on_wire(sample.delta);
  return all;
}

// Without IPv6 nothing crosses the wire that no test has sent.
LedgerTest::LedgerTest() {
  for (const auto* netns : {&wire.host(), &wire.remote()}) {
    netns->sysctl("net.ipv6.conf.all.disable_ipv6", "1");
  }
  base = settled_truth();
}

void LedgerTest::on_kernel(const std::function<void()>& body) {
  GetParam() == HookChoice::clsact ? without_tcx(body) : in_own_thread(body);
}

Words LedgerTest::up(const std::string& binary, const Words& more) const {
  Words words{"up", "--keep", "-i", "cgt0", "--netns", wire.host().name(), "--slots", "64"};
  words.insert(words.end(), more.begin(), more.end());
  return on_ledger(binary, bpffs, words);
}

Words LedgerTest::down(const Words& more) const {
  Words words{"down"};
  words.insert(words.end(), more.begin(), more.end());
  return on_ledger(kOld, bpffs, words);
}

Words LedgerTest::record(const std::string& binary) const {
  return on_ledger(binary, bpffs, {"record", "--interval", "100ms"});
}

Traffic LedgerTest::totals_as_read_by(const std::string& binary) {
  Running reader(record(binary));
  await_words(reader, "(the pinned ledger)");
  stream.once();  // whatever has totals has a row then
  (void)settled_truth();
  reader.signal(SIGINT);
  return last_totals(reader.wait().out);
}

// On a busy machine a frame may be in flight for longer than one look takes.
Traffic LedgerTest::settled_truth() const {
  constexpr int kLooks = 4;
  auto truth = device.truth();
  for (int unmoved = 0; unmoved < kLooks;) {
    std::this_thread::sleep_for(20ms);
    const auto now = device.truth();
    unmoved = now == truth ? unmoved + 1 : 0;
    truth = now;
  }
  return truth;
}

void LedgerTest::expect_exact() const {
  const auto [booked, truth] = settle(bpffs, device, base);
  EXPECT_EQ(booked, truth);
  EXPECT_GT(booked.rx_packets.value, 0U);
  EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U) << "one program for each direction";
}

void LedgerTest::expect_counted_once() {
  const auto truth = settled_truth();
  const auto before = booked(bpffs);
  for (int round = 0; round < 20; ++round) stream.once();
  const auto [counted, carried] = settle(bpffs, device, truth, before);
  EXPECT_EQ(counted, carried);
  EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U) << "one program for each direction";
}

void LedgerTest::expect_nothing_attached() const {
  EXPECT_EQ(attached_cgtally(wire.host()), Words{});
  const auto qdiscs = inside(wire.host(), [] { return run({"tc", "qdisc", "show"}); });
  EXPECT_EQ(qdiscs.find("clsact"), std::string::npos) << qdiscs;
}

void LedgerTest::expect_nothing_left() const {
  expect_nothing_attached();
  EXPECT_EQ(bpffs.entries(), Words{});
}

void LedgerTest::forget_without_a_trace() const {
  EXPECT_EQ(finish(down({"--forget"})).exit_code, 0);
  expect_nothing_left();
}

std::string hook_name(const testing::TestParamInfo<HookChoice>& hook) {
  return hook.param == HookChoice::newest ? "Newest" : "Clsact";
}

}  // namespace cgtally::harness
