// SPDX-License-Identifier: Apache-2.0
// `cgtally totals` answers what every account has moved since the ledger began: idle, ended and
// retired ones and those of an interface that has gone, to the byte, with nothing on the wire.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/csv/rfc4180.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kSent = 3;
constexpr std::size_t kSentBytes = 100;
constexpr std::uint64_t kSentFrame = 14 + 20 + 8 + kSentBytes;

struct Row {
  std::string iface;
  std::string state;
  Traffic totals;
};
using Rows = std::map<std::string, Row>;  // by account: there is one interface

Rows rows_of(const std::string& csv) {
  std::istringstream text(csv);
  csv::RecordReader reader(text);
  Rows rows;
  while (reader.next().value()) {
    const auto& fields = reader.fields();
    if (fields.front() == "time") continue;
    const auto number = [&fields](std::size_t at) { return std::stoull(fields.at(at)); };
    rows[fields.at(6)] = {.iface = fields.at(4),
                          .state = fields.at(10),
                          .totals = {.rx_bytes = {number(11)},
                                     .rx_packets = {number(12)},
                                     .tx_bytes = {number(13)},
                                     .tx_packets = {number(14)}}};
  }
  return rows;
}

Traffic sum_of_rows(const Rows& rows) {
  Traffic sum;
  for (const auto& [account, row] : rows) sum += row.totals;
  return sum;
}

class Totals : public LedgerTest {
 protected:
  [[nodiscard]] Finished totals(const Words& more = {}) const {
    Words words{"totals"};
    words.insert(words.end(), more.begin(), more.end());
    return finish(on_ledger(kOld, bpffs, words));
  }
  [[nodiscard]] Rows rows(const Words& more = {}) const {
    Words words{"--csv", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const Finished finished = totals(words);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return rows_of(finished.out);
  }
  [[nodiscard]] sys::Fd send(const Cgroup& cgroup, int count) const {
    sys::Fd socket = cgroup.socket(wire.host(), AF_INET, SOCK_DGRAM);
    send_datagrams(socket, at("10.77.0.2", 9), count, kSentBytes);
    return socket;
  }
  // Waits until the account's row has that state. The kernel releases cgroups one after the other:
  // behind ten thousand of an earlier test the keeper does not wait for that, but for a minute.
  [[nodiscard]] Rows rows_when(const std::string& account, const std::string& state) const {
    const auto end = std::chrono::steady_clock::now() + 150s;
    for (;;) {
      Rows now = rows();
      if (now.contains(account) && now.at(account).state == state) return now;
      if (std::chrono::steady_clock::now() > end) {
        ADD_FAILURE() << account << " is not " << state;
        return now;
      }
      std::this_thread::sleep_for(100ms);
    }
  }
  static void expect_sent(const Rows& rows, const std::string& account, const std::string& state,
                          std::uint64_t packets) {
    ASSERT_TRUE(rows.contains(account)) << account;
    const Row& row = rows.at(account);
    EXPECT_EQ(row.state, state) << account;
    EXPECT_EQ(row.totals.tx_packets.value, packets) << account;
    EXPECT_EQ(row.totals.tx_bytes.value, packets * kSentFrame) << account;
  }
};

TEST_F(Totals, WithoutALedgerSayWhatToDo) {
  const Finished finished = totals();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_NE(finished.err.find("no ledger is up at " + bpffs.path()), std::string::npos)
      << finished.err;
  EXPECT_NE(finished.err.find("cgtally up"), std::string::npos) << finished.err;
}

TEST_F(Totals, OfIdleEndedAndRetiredAccountsAndOfAGoneInterfaceAreExact) {
  const auto keeper = start_keeper(up());
  stream.once();
  const Cgroup idle("idle");
  Cgroup ended("ended");
  Cgroup retired("retired");
  const std::string idle_path = idle.path();
  const std::string ended_path = ended.path();
  const std::string retired_path = retired.path();
  (void)send(idle, kSent);
  const sys::Fd held = send(ended, 2 * kSent);  // so the kernel does not release the cgroup
  (void)send(retired, 4 * kSent);
  ended.remove();
  retired.remove();
  const auto since_sent = std::chrono::steady_clock::now();
  Rows now = rows_when(ended_path, "exited");
  expect_sent(now, ended_path, "exited", 2 * kSent);
  now = rows_when(retired_path, "retired");
  const Traffic truth = difference(base, settled_truth());
  now = rows();
  EXPECT_EQ(sum_of_rows(now), truth);
  EXPECT_EQ(sum_of_rows(now), booked(bpffs));
  expect_sent(now, idle_path, "live", kSent);
  const bool for_a_minute = std::chrono::steady_clock::now() - since_sent > 60s;
  expect_sent(now, ended_path, for_a_minute ? now.at(ended_path).state : "exited", 2 * kSent);
  expect_sent(now, retired_path, "retired", 4 * kSent);
  EXPECT_FALSE(now.contains("(retired)")) << "all of it has a name";

  wire.host().ip("link del cgt0");
  await_words(*keeper, "cgt0 has gone");
  now = rows_when(idle_path, "retired");
  EXPECT_EQ(sum_of_rows(now), truth);
  EXPECT_EQ(now.at(idle_path).iface, "(gone)");
  expect_sent(now, idle_path, "retired", kSent);
  expect_sent(now, ended_path, "retired", 2 * kSent);
  expect_sent(now, retired_path, "retired", 4 * kSent);
  EXPECT_EQ(sum_of_rows(rows({"-i", "(gone)"})), truth);
}

TEST_F(Totals, AreTheSameInTheTableTheRowsAndTheDocument) {
  const auto keeper = start_keeper(up());
  stream.once();
  const Cgroup named("a\x1b[31mb\x07\xff");
  const std::string shown = "a\\x1b[31mb\\x07\\xff";
  (void)send(named, kSent);
  const Traffic truth = difference(base, settled_truth());
  const Finished document = totals({"--json"});
  std::ostringstream sum;
  sum << R"("sum":{"rx_bytes_total":)" << truth.rx_bytes.value << R"(,"rx_packets_total":)"
      << truth.rx_packets.value << R"(,"tx_bytes_total":)" << truth.tx_bytes.value
      << R"(,"tx_packets_total":)" << truth.tx_packets.value << ",";
  EXPECT_NE(document.out.find(sum.str()), std::string::npos) << document.out;
  const Finished parsed = finish({"python3", "-c",
                                  "import json, sys\n"
                                  "d = json.load(sys.stdin)\n"
                                  "print(sum(a['tx_bytes_total'] for a in d['accounts']))\n"
                                  "print(*(a['account'] for a in d['accounts']), sep='\\n')"},
                                 document.out);
  EXPECT_EQ(parsed.out.substr(0, parsed.out.find('\n')), std::to_string(truth.tx_bytes.value))
      << parsed.err;
  EXPECT_NE(parsed.out.find(shown), std::string::npos) << parsed.out;
  const Rows all = rows();
  EXPECT_EQ(sum_of_rows(all), truth);
  const Finished table = totals();
  EXPECT_NE(table.out.find(shown), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("never reset"), std::string::npos) << table.out;
  for (const std::string& text : {table.out, document.out, totals({"--csv", "-"}).out}) {
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) {
      return c == '\n' || (' ' <= c && c <= '~');
    })) << text;
  }
}

TEST_F(Totals, ShowOnlyWhatIsChosen) {
  const auto keeper = start_keeper(up());
  stream.once();
  const Cgroup web("web");
  (void)send(web, kSent);
  (void)settled_truth();
  Rows chosen = rows({"--account", "*-web"});
  ASSERT_EQ(chosen.size(), 1U);
  expect_sent(chosen, web.path(), "live", kSent);
  EXPECT_EQ(rows({"--top", "1"}).size(), 1U);
  EXPECT_EQ(sum_of_rows(rows({"-i", "cgt*", "--netns", wire.host().name()})), booked(bpffs));
  EXPECT_EQ(rows({"-i", "(gone)"}).size(), 0U);
  const Finished nobody = totals({"--account", "wbe"});
  EXPECT_EQ(nobody.exit_code, 0);
  EXPECT_NE(nobody.err.find("no account with traffic matches --account 'wbe'"), std::string::npos);
  EXPECT_NE(nobody.err.find(web.path()), std::string::npos) << nobody.err;
  const Finished unknown = totals({"-i", "eth9"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("the ledger has no interface eth9"), std::string::npos) << unknown.err;
  EXPECT_NE(unknown.err.find("cgt0"), std::string::npos) << unknown.err;
}

TEST_F(Totals, AreKeptAndShownWhileTheLedgerIsDown) {
  auto keeper = start_keeper(up());
  stream.once();
  const Traffic truth = difference(base, settled_truth());
  ASSERT_EQ(finish(down()).exit_code, 0);
  keeper.reset();
  EXPECT_EQ(sum_of_rows(rows()), truth);
  EXPECT_NE(totals().out.find("the ledger is down"), std::string::npos);
  EXPECT_EQ(finish(down({"--forget"})).exit_code, 0);
}

TEST_F(Totals, AreAppendedToAFileThatHasTheColumnsAndTheTableComesAllTheSame) {
  const auto keeper = start_keeper(up());
  stream.once();
  const auto file = std::filesystem::temp_directory_path() / (wire.host().name() + "-totals.csv");
  for (int time = 0; time < 2; ++time) {
    const Finished finished = totals({"--csv", file.string()});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(finished.out.starts_with("ACCOUNT")) << finished.out;
  }
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  std::filesystem::remove(file);
  const std::string rows = text.str();
  EXPECT_EQ(rows.find("time,boot_ns"), 0U);
  EXPECT_EQ(rows.rfind("time,boot_ns"), 0U) << "one header";
  EXPECT_GE(std::ranges::count(rows, '\n'), 3);
}

}  // namespace
}  // namespace cgtally::harness
