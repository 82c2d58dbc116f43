// SPDX-License-Identifier: Apache-2.0
// The rig of the benchmark in place: attaches programs, holds the kernel's run-time statistics,
// sends and takes UDP. `tests/bench/in_place/run` starts it and reads its lines; it ends when its
// stdin does, and leaves nothing behind.
#include <bpf/bpf.h>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "bench/in_place/attach.h"
#include "bench/in_place/udp.h"
#include "monitor/notices.h"
#include "monitor/session/private_session.h"

namespace {

using namespace cgtally;

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void wait_for_end_of_input() {
  for (std::string line; std::getline(std::cin, line);) {
  }
}

// First the programs' numbers; then "on" attaches and "off" detaches, and the answer says that it
// is so.
Result<void> attach_object(const bench::AttachChoice& choice) {
  auto object = bench::AttachableObject::load(choice);
  if (!object) return std::unexpected(object.error());
  const auto egress = object->id_of(choice.egress);
  const auto ingress = object->id_of(choice.ingress);
  if (!egress || !ingress) return std::unexpected((egress ? ingress : egress).error());
  say(fmt::format("ready {} {}", *egress, *ingress));
  for (std::string line; std::getline(std::cin, line);) {
    object->detach();
    if (line == "on") {
      if (auto attached = object->attach(); !attached) return attached;
    }
    say(line);
  }
  return {};
}

// cgtally's own programs as `record` attaches them, but without windows, which no command offers,
// and without a reader.
Result<void> count_without_windows(const std::string& interface) {
  monitor::Notices notices;
  monitor::SessionOptions options{
      .choice = {.interfaces = {interface}, .netns = {}, .host_root = {}},
      .ledger = {.window = Nanoseconds{0}},
      .private_ledger = true};
  auto session = monitor::PrivateSession::start(options, notices);
  if (!session) return std::unexpected(session.error());
  say("ready");
  wait_for_end_of_input();
  return {};
}

// "on" and "off", a line each; the answer says that it is so.
Result<void> switch_statistics() {
  std::optional<sys::Fd> held;
  for (std::string line; std::getline(std::cin, line);) {
    held.reset();
    if (line == "on") {
      held.emplace(bpf_enable_stats(BPF_STATS_RUN_TIME));
      if (!*held)
        return std::unexpected(sys::error_from(errno, "switch the run-time statistics on"));
    }
    say(line);
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The rig of the benchmark in place");
  app.require_subcommand(1);
  bench::AttachChoice object;
  bench::UdpTarget target;
  unsigned flows = 1;
  unsigned rate = 0;
  bool answer = false;

  auto* attach = app.add_subcommand("attach", "two programs of an object");
  attach->add_option("object", object.object)->required();
  attach->add_option("--iface", object.interface)->required();
  attach->add_option("--egress", object.egress)->required();
  attach->add_option("--ingress", object.ingress)->required();
  attach->add_option("--cgroup", object.cgroup);
  auto* windowless = app.add_subcommand("windowless", "cgtally's programs without windows");
  windowless->add_option("--iface", object.interface)->required();
  auto* statistics = app.add_subcommand("statistics", "by lines on stdin: on, off");
  auto* send = app.add_subcommand("send", "UDP");
  auto* receive = app.add_subcommand("receive", "UDP");
  for (auto* end : {send, receive}) {
    end->add_option("address", target.address)->required();
    end->add_option("port", target.port)->required();
  }
  send->add_option("--flows", flows)->check(CLI::Range(1, 60000));
  send->add_option("--rate", rate, "packets a second; 0: as fast as it goes");
  receive->add_flag("--answer", answer);
  CLI11_PARSE(app, argc, argv);

  Result<void> done;
  if (*attach) done = attach_object(object);
  if (*windowless) done = count_without_windows(object.interface);
  if (*statistics) done = switch_statistics();
  if (*send) done = bench::send_udp(target, flows, rate);
  if (*receive) done = bench::receive_udp(target, answer);
  if (!done) {
    fmt::print(stderr, "cgtally_bench_rig: {}\n", done.error().what);
    return 1;
  }
  return 0;
}
