// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/keeper_lock.h"

#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// The lock is tried every 20 ms: long enough for `status`, which holds it for an instant to see
// whether there is a keeper; or until a keeper that was asked to end has ended.
constexpr int kAttemptsBesideReaders = 10;
constexpr int kAttemptsUntilKeeperEnds = 250;

Error keeper_exists(const Error& locked, const bpf::Pins& pins) {
  if (locked.code != EWOULDBLOCK) return locked;
  std::string process;
  if (const auto ledger = pins.open(bpf::Access::read); ledger) {
    process = fmt::format(", process {}", bpf::keeper_pid(*ledger));
  }
  return {.what = "the ledger has a keeper already" + process,
          .hint = "look at it: cgtally status; or end it: cgtally down",
          .code = EWOULDBLOCK};
}

Result<sys::Fd> lock(const bpf::Pins& pins, int attempts) {
  auto locked = pins.lock();
  for (; !locked && locked.error().code == EWOULDBLOCK && attempts > 0; --attempts) {
    std::this_thread::sleep_for(20ms);
    locked = pins.lock();
  }
  if (!locked) return std::unexpected(keeper_exists(locked.error(), pins));
  return locked;
}

}  // namespace

Result<sys::Fd> lock_as_keeper(const bpf::Pins& pins) { return lock(pins, kAttemptsBesideReaders); }

Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::Ledger& ledger) {
  bpf::ask_to_stop(ledger, true);
  auto locked = lock(pins, kAttemptsUntilKeeperEnds);
  bpf::ask_to_stop(ledger, false);
  if (!locked && locked.error().code == EWOULDBLOCK) {
    const auto pid = bpf::keeper_pid(ledger);
    return std::unexpected(
        Error{.what = fmt::format("the keeper, process {}, does not answer", pid),
              .hint = fmt::format("end it: kill -9 {}", pid),
              .code = EWOULDBLOCK});
  }
  return locked;
}

Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::OlderLedger* ledger) {
  if (ledger) {
    ledger->ask_keeper_to_stop(true);
  }
  auto locked = lock(pins, kAttemptsUntilKeeperEnds);
  if (ledger) {
    ledger->ask_keeper_to_stop(false);
  }
  if (!locked && locked.error().code == EWOULDBLOCK) {
    const std::string directory = std::filesystem::path(pins.directory()).parent_path();
    return std::unexpected(Error{
        .what = "a keeper that cannot be asked to end holds the ledger's lock",
        .hint = fmt::format("end it: kill, and the process that this shows: fuser {}", directory),
        .code = EWOULDBLOCK});
  }
  return locked;
}

}  // namespace cgtally::monitor
