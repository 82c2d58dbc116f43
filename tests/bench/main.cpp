// SPDX-License-Identifier: Apache-2.0
// What a packet costs: every path of the data path in nanoseconds above an empty program, beside a
// naive counter (floor) in the same run. Medians of 11 rounds with their spread; rounds of the
// programs alternate, so that a drift of the machine's speed meets them all.
#include <fmt/core.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/runner.h"

namespace {

using namespace cgtally;
using namespace cgtally::bench;

enum class Path : std::uint8_t { floor, egress, warm, cold, mix };

struct Case {
  std::string name;
  Path path;
  Protocol protocol;
  std::uint32_t accounts;
  std::uint32_t flows;
  WindowsKept windows = WindowsKept::gated;
};

const std::vector<Case> kCases{
    {"floor", Path::floor, Protocol::tcp4, 1, 1},
    {"floor", Path::floor, Protocol::tcp4, 1000, 1000},
    {"floor", Path::floor, Protocol::tcp4, 10000, 10000},
    {"egress", Path::egress, Protocol::tcp4, 1, 1},
    {"egress", Path::egress, Protocol::tcp4, 1000, 1000},
    {"egress", Path::egress, Protocol::tcp4, 10000, 10000},
    {"ingress_tcp4_warm", Path::warm, Protocol::tcp4, 1, 1},
    {"ingress_tcp6_warm", Path::warm, Protocol::tcp6, 1, 1},
    {"ingress_udp4_warm", Path::warm, Protocol::udp4, 1, 1},
    {"ingress_udp6_warm", Path::warm, Protocol::udp6, 1, 1},
    {"ingress_tcp4_cold", Path::cold, Protocol::tcp4, 1, 1},
    {"ingress_tcp4_cold", Path::cold, Protocol::tcp4, 1000, 1000},
    {"ingress_tcp4_cold", Path::cold, Protocol::tcp4, 10000, 10000},
    {"ingress_tcp6_cold", Path::cold, Protocol::tcp6, 1, 1},
    {"ingress_udp4_cold", Path::cold, Protocol::udp4, 1, 1},
    {"ingress_udp4_cold", Path::cold, Protocol::udp4, 1, 100000},
    {"ingress_udp6_cold", Path::cold, Protocol::udp6, 1, 1},
    {"ingress_udp4_warm", Path::warm, Protocol::udp4, 1, 100000},
    {"ingress_tcp4_mix", Path::mix, Protocol::tcp4, 1000, 10000},
    {"ingress_udp4_mix", Path::mix, Protocol::udp4, 1, 10000},
    // What the windows cost: with their clock read for each packet, and without any.
    {"egress_ungated", Path::egress, Protocol::tcp4, 1, 1, WindowsKept::ungated},
    {"egress_windowless", Path::egress, Protocol::tcp4, 1, 1, WindowsKept::none},
    {"egress_windowless", Path::egress, Protocol::tcp4, 1000, 1000, WindowsKept::none},
    {"ingress_tcp4_warm_ungated", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::ungated},
    {"ingress_tcp4_warm_windowless", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::none},
    {"ingress_tcp4_cold_windowless", Path::cold, Protocol::tcp4, 1, 1, WindowsKept::none},
    {"ingress_tcp4_mix_windowless", Path::mix, Protocol::tcp4, 1000, 10000, WindowsKept::none},
};

struct Measured {
  Case what;
  Spread above_empty;
  double ratio_to_floor = 0;
  double hits = -1;  // below 0: not asked
};

// Flow i is drawn with probability 1/(i+1): the usual skew of real traffic.
std::vector<std::uint32_t> zipf_order(std::uint32_t flows, std::size_t length) {
  std::vector<double> weights(flows);
  for (std::uint32_t i = 0; i < flows; ++i) weights[i] = 1.0 / (i + 1);
  std::discrete_distribution<std::uint32_t> draw(weights.begin(), weights.end());
  std::mt19937 random(1);
  std::vector<std::uint32_t> order(length);
  for (auto& flow : order) flow = draw(random);
  return order;
}

std::vector<std::uint32_t> order_of(const Case& what) {
  constexpr std::size_t kMixLength = 1U << 17;
  if (what.path == Path::mix) return zipf_order(what.flows, kMixLength);
  std::size_t length = 1;
  while (length < what.flows) length *= 2;
  std::vector<std::uint32_t> order(length);
  for (std::size_t i = 0; i < length; ++i) order[i] = static_cast<std::uint32_t>(i % what.flows);
  return order;
}

const bpf_program* program_of(const bench_bpf& programs, Path path) {
  switch (path) {
    case Path::floor:
      return programs.progs.bench_floor;
    case Path::egress:
      return programs.progs.bench_egress;
    case Path::cold:
      return programs.progs.bench_ingress_cold;
    case Path::warm:
    case Path::mix:
      break;
  }
  return programs.progs.bench_ingress;
}

Result<Measured> measure(Runner& runner, const Case& what, int rounds, std::uint32_t repeat) {
  const Frame frame = frame_of(what.protocol);
  std::optional<Flows> flows;
  std::vector<Tuple> tuples(what.flows, frame.tuple);
  if (what.path != Path::floor && what.path != Path::egress) {
    auto made = Flows::make(what.protocol, what.accounts, what.flows);
    if (!made) return std::unexpected(std::move(made).error());
    flows.emplace(*std::move(made));
    tuples = flows->tuples();
  }
  if (auto set = runner.set_turns(frame, tuples, order_of(what), what.accounts); !set) {
    return std::unexpected(std::move(set).error());
  }
  const bpf_program* program = program_of(runner.programs(), what.path);
  std::vector<double> above;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    auto empty = runner.time(runner.programs().progs.bench_empty_turn, frame, 1, repeat);
    auto full = runner.time(program, frame, 1, repeat);
    if (!empty || !full) return std::unexpected((empty ? full : empty).error());
    if (round >= 0) above.push_back(full->front() - empty->front());
  }
  Measured measured{what, spread(above)};
  if (what.path == Path::mix || what.path == Path::warm) {
    auto hits = runner.hit_share(frame, repeat);
    if (!hits) return std::unexpected(std::move(hits).error());
    measured.hits = *hits;
  }
  return measured;
}

void print_table(const std::vector<Measured>& all, double empty_ns) {
  fmt::print("empty program {:.0f} ns; the rest is above it\n", empty_ns);
  fmt::print("{:<28} {:>8} {:>7} {:>7} {:>13} {:>8}  {}\n", "PROGRAM", "ACCOUNTS", "FLOWS", "NS",
             "SPREAD", "x FLOOR", "");
  for (const Measured& one : all) {
    fmt::print("{:<28} {:>8} {:>7} {:>7.0f} {:>6.0f}..{:<5.0f} {:>8.2f}  {}\n", one.what.name,
               one.what.accounts, one.what.flows, one.above_empty.median_ns,
               one.above_empty.lowest_ns, one.above_empty.highest_ns, one.ratio_to_floor,
               one.hits < 0 ? "" : fmt::format("cache hits {:.0f} %", one.hits * 100));
  }
}

void print_csv(const std::vector<Measured>& all) {
  fmt::print("program,accounts,flows,ns_above_empty,ratio_to_floor\n");
  for (const Measured& one : all) {
    fmt::print("{},{},{},{:.1f},{:.3f}\n", one.what.name, one.what.accounts, one.what.flows,
               one.above_empty.median_ns, one.ratio_to_floor);
  }
}

int complain(const Error& error) {
  fmt::print(stderr, "cgtally_bench: {}\n", error.what);
  return 1;
}

void prepare_process() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  cpu_set_t last;
  CPU_ZERO(&last);
  CPU_SET(static_cast<std::size_t>(std::max(0L, sysconf(_SC_NPROCESSORS_ONLN) - 1)), &last);
  sched_setaffinity(0, sizeof(last), &last);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Nanoseconds per packet of cgtally's data path, above an empty program");
  bool csv = false;
  std::string only;
  int rounds = 11;
  std::uint32_t repeat = 200000;
  app.add_flag("--csv", csv, "print CSV instead of a table");
  app.add_option("--only", only, "rows whose name has this in it, and the floor");
  app.add_option("--rounds", rounds, "rounds of each program")->check(CLI::Range(1, 1000));
  app.add_option("--repeat", repeat, "runs in a round")->check(CLI::Range(1000, 100000000));
  CLI11_PARSE(app, argc, argv);

  prepare_process();
  if (auto entered = enter_private_netns(); !entered) return complain(entered.error());
  std::map<WindowsKept, Runner> runners;
  for (const auto windows : {WindowsKept::gated, WindowsKept::ungated, WindowsKept::none}) {
    auto runner = Runner::load(windows);
    if (!runner) return complain(runner.error());
    runners.emplace(windows, *std::move(runner));
  }
  const Frame frame = frame_of(Protocol::tcp4);
  Runner& production = runners.at(WindowsKept::gated);
  auto empty = production.time(production.programs().progs.bench_empty, frame, rounds, repeat);
  if (!empty) return complain(empty.error());

  std::vector<Measured> all;
  for (const Case& what : kCases) {
    if (what.path != Path::floor && what.name.find(only) == std::string::npos) continue;
    auto measured = measure(runners.at(what.windows), what, rounds, repeat);
    if (!measured) return complain(measured.error());
    all.push_back(*std::move(measured));
    all.back().ratio_to_floor =
        all.back().above_empty.median_ns / all.front().above_empty.median_ns;
  }
  csv ? print_csv(all) : print_table(all, spread(*empty).median_ns);
  return 0;
}
