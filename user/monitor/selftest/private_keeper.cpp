// SPDX-License-Identifier: Apache-2.0
#include "monitor/selftest/private_keeper.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "adapters/sys/child.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/write.h"
#include "monitor/pinned/keeper.h"

namespace cgtally::monitor {
namespace {

constexpr Nanoseconds kLongestStart = std::chrono::minutes{5};  // 2 s, but for an emulated CPU
constexpr int kLookMs = 50;
constexpr std::uint32_t kSlots = 256;
constexpr char kBegun = '+';  // anything else is the text of an Error

int keep(const KeeperSetting& setting, int report) {
  const auto tell = [report](const Error& error) {
    (void)sys::write_all(report, fmt::format("{}\n{}", error.what, error.hint));
    return 1;
  };
  auto loop = EventLoop::open();
  if (!loop) return tell(loop.error());
  Notices notices;
  notices.deliver_to([](const std::string&) {});
  KeeperOptions options;
  options.choice.interfaces = {setting.device};
  options.choice.host_root = setting.host_root;
  options.bpffs = setting.bpffs;
  options.slots = kSlots;
  auto keeper = Keeper::start(options, notices);
  if (!keeper) return tell(keeper.error());
  const auto kept = (*keeper)->run(*loop, [report] {
    const std::string begun(1, kBegun);
    (void)sys::write_all(report, begun);
  });
  return kept ? 0 : tell(kept.error());
}

// The keeper's report: empty if it has begun.
Result<std::string> await_report(int report, Interrupt& interrupt) {
  std::string text;
  const Nanoseconds begin = sys::now().boot;
  while (sys::now().boot - begin < kLongestStart) {
    if (auto go_on = interrupt.check(); !go_on) return std::unexpected(go_on.error());
    pollfd one{.fd = report, .events = POLLIN, .revents = 0};
    if (::poll(&one, 1, kLookMs) <= 0) continue;
    std::array<char, 512> buffer{};
    const ssize_t got = ::read(report, buffer.data(), buffer.size());
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got > 0 && text.front() == kBegun) return std::string();
    if (got <= 0) return text.empty() ? "it ended without a word" : text;
  }
  return "it has not begun within five minutes";
}

}  // namespace

Result<PrivateKeeper> PrivateKeeper::start(const KeeperSetting& setting, Interrupt& interrupt) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(sys::error_from(errno, "start a keeper"));
  }
  const sys::Fd report(ends[0]);
  sys::Fd ours(ends[1]);
  const auto child = sys::fork_child();
  if (!child) return std::unexpected(child.error());
  if (*child == 0) {
    ::_exit(keep(setting, ours.get()));
  }
  ours = sys::Fd();
  PrivateKeeper keeper(*child);
  const auto failure = await_report(report.get(), interrupt);
  if (!failure) return std::unexpected(failure.error());
  if (failure->empty()) return keeper;
  const auto line_end = failure->find('\n');
  return std::unexpected(
      Error{.what = "start a keeper: " + failure->substr(0, line_end),
            .hint = line_end == std::string::npos ? "" : failure->substr(line_end + 1),
            .failure = Failure::unsupported});
}

void PrivateKeeper::kill() {
  if (child_ > 0) sys::end_child(std::exchange(child_, -1));
}

}  // namespace cgtally::monitor
