// SPDX-License-Identifier: Apache-2.0
// What a packet costs: every path of the data path in nanoseconds above an empty program, beside a
// naive counter (floor). What else goes on in a machine only ever adds time, for milliseconds or
// for seconds: so each round takes a short slice of a path, of the floor and of the empty program
// in turn, all paths come round again and again, and what counts is the lowest decile of the
// rounds.
#include <fmt/core.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "bench/lines.h"
#include "bench/nat_flows.h"
#include "bench/runner.h"

namespace {

using namespace cgtally;
using namespace cgtally::bench;

// From `warm` on with sockets that are found; from `cold` on what makes the owner cache forget.
enum class Path : std::uint8_t {
  floor,
  naive,
  egress,
  forwarded,
  warm,
  mix,
  cold,
  renewed,
  lookup
};

struct Case {
  std::string name;
  Path path;
  Protocol protocol;
  std::uint32_t accounts;
  std::uint32_t flows;
  WindowsKept windows = WindowsKept::gated;
  bool super_packet = false;
  std::optional<NatFlow> nat = {};
};

const std::vector<Case> kCases{
    {"floor", Path::floor, Protocol::tcp4, 1, 1},
    {"floor", Path::floor, Protocol::tcp4, 1000, 1000},
    {"floor", Path::floor, Protocol::tcp4, 10000, 10000},
    {"naive_egress", Path::naive, Protocol::tcp4, 1, 1},
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
    {"ingress_tcp4_renewed", Path::renewed, Protocol::tcp4, 1, 1},
    {"ingress_tcp4_renewed", Path::renewed, Protocol::tcp4, 1000, 1000},
    {"ingress_tcp6_renewed", Path::renewed, Protocol::tcp6, 1, 1},
    {"kernel_lookup_tcp4", Path::lookup, Protocol::tcp4, 1, 1},
    {"kernel_lookup_tcp4", Path::lookup, Protocol::tcp4, 1000, 1000},
    {"kernel_lookup_tcp6", Path::lookup, Protocol::tcp6, 1, 1},
    {"ingress_udp4_cold", Path::cold, Protocol::udp4, 1, 1},
    {"ingress_udp6_cold", Path::cold, Protocol::udp6, 1, 1},
    {"ingress_udp4_warm", Path::warm, Protocol::udp4, 1, 100000},
    {"ingress_tcp4_mix", Path::mix, Protocol::tcp4, 1000, 10000},
    {"ingress_udp4_shared_warm", Path::warm, Protocol::udp4_shared, 1, 1},
    {"ingress_udp4_shared_warm", Path::warm, Protocol::udp4_shared, 1, 100000},
    {"ingress_udp4_shared_mix", Path::mix, Protocol::udp4_shared, 1, 10000},
    {"egress_super_packet", Path::egress, Protocol::tcp4, 1, 1, WindowsKept::gated, true},
    {"ingress_tcp4_warm_super_packet", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::gated, true},
    // On a host with NAT rules: replies to its own clients of a service, to whom it masquerades,
    // and what it forwards without a rule.
    {"nat_reply_to_socket_warm", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::gated, false,
     NatFlow::to_socket},
    {"nat_reply_to_socket_cold", Path::cold, Protocol::tcp4, 1, 1, WindowsKept::gated, false,
     NatFlow::to_socket},
    {"nat_reply_forwarded_warm", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::gated, false,
     NatFlow::to_foreign},
    {"nat_reply_forwarded_cold", Path::cold, Protocol::tcp4, 1, 1, WindowsKept::gated, false,
     NatFlow::to_foreign},
    {"forwarded_warm", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::gated, false, NatFlow::none},
    {"forwarded_cold", Path::cold, Protocol::tcp4, 1, 1, WindowsKept::gated, false, NatFlow::none},
    // What pods behind a veth send (with their veth's part), and what is sent to them.
    {"pod_egress", Path::forwarded, Protocol::tcp4, 1, 1},
    {"pod_egress", Path::forwarded, Protocol::tcp4, 1000, 1000},
    {"pod_ingress_warm", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::gated, false,
     NatFlow::to_pod},
    {"pod_ingress_cold", Path::cold, Protocol::tcp4, 1, 1, WindowsKept::gated, false,
     NatFlow::to_pod},
    // What the windows cost: ten times finer, with their clock read for each packet, and without
    // any.
    {"egress_100us", Path::egress, Protocol::tcp4, 1, 1, WindowsKept::fine},
    {"ingress_tcp4_warm_100us", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::fine},
    {"egress_ungated", Path::egress, Protocol::tcp4, 1, 1, WindowsKept::ungated},
    {"egress_windowless", Path::egress, Protocol::tcp4, 1, 1, WindowsKept::none},
    {"egress_windowless", Path::egress, Protocol::tcp4, 1000, 1000, WindowsKept::none},
    {"ingress_tcp4_warm_ungated", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::ungated},
    {"ingress_tcp4_warm_windowless", Path::warm, Protocol::tcp4, 1, 1, WindowsKept::none},
    {"ingress_tcp4_cold_windowless", Path::cold, Protocol::tcp4, 1, 1, WindowsKept::none},
    {"ingress_tcp4_mix_windowless", Path::mix, Protocol::tcp4, 1000, 10000, WindowsKept::none},
};

// How the cost grows with the accounts and with the flows.
const std::vector<Case> kGrowth = [] {
  std::vector<Case> cases;
  for (const std::uint32_t accounts : {1U, 10U, 100U, 1'000U, 10'000U}) {
    cases.push_back({"floor", Path::floor, Protocol::tcp4, accounts, accounts});
    cases.push_back({"egress", Path::egress, Protocol::tcp4, accounts, accounts});
    cases.push_back({"ingress_tcp4", Path::warm, Protocol::tcp4, accounts, accounts});
  }
  for (const std::uint32_t flows : {1U, 10U, 100U, 1'000U, 10'000U, 100'000U, 1'000'000U}) {
    cases.push_back({"ingress_udp4", Path::warm, Protocol::udp4, 1, flows});
    cases.push_back({"ingress_udp4_shared", Path::warm, Protocol::udp4_shared, 1, flows});
  }
  return cases;
}();
constexpr std::uint32_t kGrowthTurns = 1U << 20;

struct Samples {
  std::vector<double> path_ns;  // above empty, and so below
  std::vector<double> floor_ns;
  double hits = -1;  // below 0: not asked

  [[nodiscard]] Spread spread() const { return bench::spread(path_ns); }
  // Empty in a run so short, or on a machine so busy, that the floor costs no more than nothing.
  [[nodiscard]] std::string ratio_to_floor(int digits) const {
    const double floor = bench::spread(floor_ns).low_ns;
    return floor > 0 ? fmt::format("{:.{}f}", spread().low_ns / floor, digits) : "";
  }
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
    case Path::naive:
      return programs.progs.bench_naive_egress;
    case Path::egress:
      return programs.progs.bench_egress;
    case Path::forwarded:
      return programs.progs.bench_forwarded;
    case Path::cold:
      return programs.progs.bench_ingress_cold;
    case Path::renewed:
      return programs.progs.bench_ingress_renewed;
    case Path::lookup:
      return programs.progs.bench_socket_lookup;
    case Path::warm:
    case Path::mix:
      break;
  }
  return programs.progs.bench_ingress;
}

bool finds_sockets(Path path) { return path >= Path::warm; }

// A mix runs long enough in one go for its caches to be as full as under steady traffic.
struct Slices {
  int rounds;
  std::uint32_t repeat;
};

Slices slices_of(const Case& what, const Slices& wanted) {
  constexpr std::uint32_t kLonger = 10;
  if (what.path != Path::mix) return wanted;
  return {std::max(1, wanted.rounds / static_cast<int>(kLonger)), wanted.repeat * kLonger};
}

// Of one round, above the empty program.
Result<double> above_empty(Runner& runner, Path path, const Frame& frame, std::uint32_t repeat) {
  const auto& programs = runner.programs();
  auto empty = runner.run(
      finds_sockets(path) ? programs.progs.bench_empty_vary : programs.progs.bench_empty_turn,
      frame, repeat);
  if (!empty) return empty;
  auto full = runner.run(program_of(programs, path), frame, repeat);
  if (!full) return full;
  return *full - *empty;
}

// What a case's packets are for. Holds the sockets while its programs run.
struct Ground {
  std::optional<Flows> flows;
  std::optional<NatFlows> nat;
};

Result<Ground> prepare(Runner& runner, const Case& what, const Frame& frame) {
  Ground ground;
  std::vector<Tuple> tuples(what.flows, frame.tuple);
  if (what.nat) {
    auto made = NatFlows::make(*what.nat);
    if (!made) return std::unexpected(std::move(made).error());
    ground.nat.emplace(*std::move(made));
    tuples = {ground.nat->reply()};
    if (ground.nat->endpoint()) {
      if (auto set = runner.set_endpoint(*ground.nat->endpoint()); !set) {
        return std::unexpected(std::move(set).error());
      }
    }
  } else if (finds_sockets(what.path)) {
    auto made = Flows::make(what.protocol, what.accounts, what.flows);
    if (!made) return std::unexpected(std::move(made).error());
    ground.flows.emplace(*std::move(made));
    tuples = ground.flows->tuples();
  }
  if (auto set = runner.set_turns(frame, tuples, order_of(what), what.accounts); !set) {
    return std::unexpected(std::move(set).error());
  }
  return ground;
}

Frame frame_of(const Case& what) {
  return what.super_packet ? super_packet() : bench::frame_of(what.protocol);
}

Result<void> measure(Runner& runner, const Case& what, const Slices& wanted, Samples& samples) {
  const Frame frame = frame_of(what);
  auto ground = prepare(runner, what, frame);
  if (!ground) return std::unexpected(std::move(ground).error());
  const Slices slices = slices_of(what, wanted);
  for (int round = -1; round < slices.rounds; ++round) {  // the first warms up
    runner.stay_at_first_turn(true);
    auto floor = above_empty(runner, Path::floor, frame, wanted.repeat);
    runner.stay_at_first_turn(false);
    auto path = above_empty(runner, what.path, frame, slices.repeat);
    if (!floor || !path) return std::unexpected((floor ? path : floor).error());
    if (round < 0) continue;
    samples.path_ns.push_back(*path);
    samples.floor_ns.push_back(*floor);
  }
  if (what.path != Path::mix && what.path != Path::warm) return {};
  auto hits = runner.hit_share(frame, slices.repeat);
  if (!hits) return std::unexpected(std::move(hits).error());
  samples.hits = *hits;
  return {};
}

void print_table(const std::vector<Case>& cases, const std::vector<Samples>& all, double empty_ns) {
  fmt::print("empty program {:.0f} ns; the rest is above it, the lowest decile of all rounds\n",
             empty_ns);
  fmt::print("{:<30} {:>8} {:>7} {:>7} {:>7} {:>8}\n", "PROGRAM", "ACCOUNTS", "FLOWS", "NS",
             "MEDIAN", "x FLOOR");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Spread spread = all[i].spread();
    fmt::print("{:<30} {:>8} {:>7} {:>7.0f} {:>7.0f} {:>8}{}\n", cases[i].name, cases[i].accounts,
               cases[i].flows, spread.low_ns, spread.median_ns, all[i].ratio_to_floor(2),
               all[i].hits < 0 ? "" : fmt::format("  cache hits {:.0f} %", all[i].hits * 100));
  }
}

// For each path of one flow: how many cache lines a warm packet writes, and how many of them two
// CPUs write.
Result<void> print_lines(Runner& runner, const std::vector<Case>& cases) {
  fmt::print("{:<30} {:>5} {:>14} {:>13}\n", "PROGRAM", "CPUS", "LINES WRITTEN", "OF TWO CPUS");
  for (const Case& what : cases) {
    if (what.accounts != 1 || what.flows != 1 || what.windows != WindowsKept::gated) continue;
    // The naive map is no ledger; a cold packet only writes again what was there, which is not
    // seen.
    if (what.path == Path::floor || what.path == Path::naive || what.path >= Path::cold) continue;
    const Frame frame = frame_of(what);
    auto ground = prepare(runner, what, frame);
    if (!ground) return std::unexpected(std::move(ground).error());
    auto lines = count_lines(runner, program_of(runner.programs(), what.path), frame);
    if (!lines) return std::unexpected(std::move(lines).error());
    fmt::print("{:<30} {:>5} {:>14} {:>13}\n", what.name, lines->cpus, lines->written,
               lines->shared);
    std::fflush(stdout);
  }
  return {};
}

void print_csv(const std::vector<Case>& cases, const std::vector<Samples>& all) {
  fmt::print("program,accounts,flows,ns_above_empty,ratio_to_floor\n");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    fmt::print("{},{},{},{:.1f},{}\n", cases[i].name, cases[i].accounts, cases[i].flows,
               all[i].spread().low_ns, all[i].ratio_to_floor(3));
  }
}

int print_error(const Error& error) {
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
  bool growth = false;
  bool lines = false;
  std::string only;
  int passes = 5;
  Slices slices{.rounds = 40, .repeat = 20000};
  app.add_flag("--csv", csv, "print CSV instead of a table");
  app.add_flag("--growth", growth, "from 1 to 10 000 accounts and 1 to 1 000 000 flows, instead");
  app.add_flag("--lines", lines, "count the cache lines that a packet writes, instead");
  app.add_option("--only", only, "rows whose name has this in it, and the floor");
  app.add_option("--passes", passes, "times that all programs come round")
      ->check(CLI::Range(1, 1000));
  app.add_option("--rounds", slices.rounds, "rounds of a program in a pass")
      ->check(CLI::Range(1, 1000));
  app.add_option("--repeat", slices.repeat, "runs in a slice")->check(CLI::Range(1000, 100000000));
  CLI11_PARSE(app, argc, argv);

  if (auto entered = enter_private_netns(); !entered) return print_error(entered.error());
  std::vector<Case> cases;
  std::ranges::copy_if(growth ? kGrowth : kCases, std::back_inserter(cases), [&](const Case& what) {
    return what.path == Path::floor || what.name.find(only) != std::string::npos;
  });
  std::map<WindowsKept, Runner> runners;
  for (const Case& what : cases) {
    if (runners.contains(what.windows)) continue;
    auto runner = Runner::load(what.windows, growth ? kGrowthTurns : kUsualTurns);
    if (!runner) return print_error(runner.error());
    runners.emplace(what.windows, *std::move(runner));
  }
  Runner& production = runners.at(WindowsKept::gated);
  if (lines) {
    auto printed = print_lines(production, cases);
    return printed ? 0 : print_error(printed.error());
  }
  prepare_process();
  std::vector<Samples> all(cases.size());
  std::vector<double> empty_ns;
  for (int pass = 0; pass < passes; ++pass) {
    auto empty = production.run(production.programs().progs.bench_empty,
                                bench::frame_of(Protocol::tcp4), slices.repeat);
    if (!empty) return print_error(empty.error());
    empty_ns.push_back(*empty);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      auto measured = measure(runners.at(cases[i].windows), cases[i], slices, all[i]);
      if (!measured) return print_error(measured.error());
    }
  }
  csv ? print_csv(cases, all) : print_table(cases, all, spread(empty_ns).low_ns);
  return 0;
}
