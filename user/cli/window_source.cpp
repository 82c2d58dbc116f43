// SPDX-License-Identifier: Apache-2.0
#include "cli/window_source.h"

#include <utility>

namespace cgtally::cli {
namespace {

// A slot that nobody knows any more is in doubt like what is not named at all.
TrafficWindow named(const bpf::ClosedWindow& window, Session& session) {
  TrafficWindow named{.epoch = window.epoch,
                      .bytes = window.sums.bytes,
                      .packets = window.sums.packets,
                      .error = window.error,
                      .shares = {}};
  for (const bpf::WindowShare& share : window.shares) {
    if (const auto account = session.owner_of(share.slot)) {
      named.shares.push_back({.account = *account, .least = share.least});
    } else {
      named.error += share.least;
    }
  }
  return named;
}

}  // namespace

Result<WindowSource> WindowSource::open(Session& session, InterfaceKey key, Nanoseconds boot_time) {
  auto windows = session.windows(key);
  if (!windows) {
    return std::unexpected(windows.error());
  }
  auto rx = windows->from(bpf::WindowDirection::rx, boot_time);
  if (!rx) {
    return std::unexpected(rx.error());
  }
  auto tx = windows->from(bpf::WindowDirection::tx, boot_time);
  if (!tx) {
    return std::unexpected(tx.error());
  }
  return WindowSource(std::move(*windows), {std::move(*rx), std::move(*tx)});
}

Result<WindowBatch> WindowSource::read(Direction direction, Session& session,
                                       Nanoseconds boot_time) {
  bpf::WindowCursor& cursor = cursors_[static_cast<std::size_t>(direction)];
  const std::uint64_t from = cursor.through() + 1;
  const auto closed = windows_.closed(cursor, boot_time);
  if (!closed) {
    return std::unexpected(closed.error());
  }
  WindowBatch batch{.windows = {}, .from = from, .through = cursor.through(), .missed = {}};
  for (const bpf::ClosedWindow& window : closed->windows) {
    batch.windows.push_back(named(window, session));
  }
  if (closed->missed_to > closed->missed_from) {
    batch.missed = MissedWindows{.from = closed->missed_from,
                                 .to = closed->missed_to,
                                 .bytes = closed->missed.bytes,
                                 .packets = closed->missed.packets};
  }
  return batch;
}

}  // namespace cgtally::cli
