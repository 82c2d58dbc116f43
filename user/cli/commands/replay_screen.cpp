// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/replay_screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "cli/output/interactive.h"
#include "cli/output/messages.h"
#include "core/base/quantity.h"
#include "core/live/report.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kPlayTick = 250ms;
constexpr std::size_t kMostAxisParts = 1200;
// Of the recording, in each second.
constexpr auto kSpeeds = std::to_array<Nanoseconds>({1s, 2s, 5s, 10s, 30s, 1min, 5min, 15min, 1h});

// Where the replay is, and how it moves on.
class Player {
 public:
  Player(const screen::Timeline& timeline, const ReplayView& view, monitor::EventLoop& loop)
      : timeline_(timeline), view_(view), reader_(timeline), loop_(loop), shown_(loop, content_) {
    content_.no_credits = "the report has the credits: replay --text --instance TYPE";
    content_.no_bursts = "samples have no bursts: cgtally bursts records them";
    const auto steps =
        static_cast<std::size_t>((timeline.end() - timeline.begin()) / timeline.step()) + 1;
    content_.axis = screen::TimeAxis{.traffic = timeline.traffic(std::min(steps, kMostAxisParts)),
                                     .begin = timeline.begin(),
                                     .end = timeline.end(),
                                     .speed = {}};
    fill();
  }

  std::optional<int> run() {
    const auto begun = shown_.begin(
        view_.terminal,
        {.interval = timeline_.step(), .top = view_.top.value_or(screen::ScreenOptions{}.top)},
        view_.view, [this](const screen::Wish& wish) { act(wish); });
    if (!begun) return print_error(begun.error());
    shown_.paint();
    const auto ran = loop_.run(kPlayTick, std::nullopt, [this] { play(); });
    if (const auto failed = shown_.end()) return failed;
    if (!ran) return print_error(ran.error());
    return std::nullopt;
  }

 private:
  void act(const screen::Wish& wish) {
    if (wish.play_or_stop) playing_ = !playing_;
    if (wish.speed != 0) {
      const auto last = static_cast<std::ptrdiff_t>(kSpeeds.size()) - 1;
      speed_ = static_cast<std::size_t>(
          std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(speed_) + wish.speed, 0, last));
    }
    if (wish.seek) seek(*wish.seek);
    fill();
  }

  void seek(const screen::Seek& seek) {
    using By = screen::Seek::By;
    const auto here = static_cast<double>(reader_.moment());
    const auto last = static_cast<double>(timeline_.size() - 1);
    if (seek.by == By::rows) {
      reader_.go_to(static_cast<std::size_t>(std::clamp(here + seek.amount, 0.0, last)));
    } else {
      const auto span = static_cast<double>((timeline_.end() - timeline_.begin()).count());
      const auto minutes = Nanoseconds(std::llround(seek.amount * 60e9));
      const auto share = Nanoseconds(std::llround(seek.amount * span));
      reader_.go_to(timeline_.moment_at(seek.by == By::minutes ? now() + minutes
                                                               : timeline_.begin() + share));
    }
    position_ = now();
  }

  void play() {
    if (!playing_) return;
    position_ += kSpeeds.at(speed_) / (1s / kPlayTick);
    // A time without rows is skipped.
    std::size_t next = timeline_.moment_at(position_);
    if (next <= reader_.moment() && reader_.moment() + 1 < timeline_.size() &&
        timeline_.time_of(reader_.moment() + 1) - position_ > 2 * timeline_.step()) {
      next = reader_.moment() + 1;
      position_ = timeline_.time_of(next);
    }
    reader_.go_to(std::max(next, reader_.moment()));
    if (reader_.moment() + 1 == timeline_.size()) playing_ = false;
    fill();
    shown_.paint();
  }

  [[nodiscard]] Nanoseconds now() const { return timeline_.time_of(reader_.moment()); }

  void fill() {
    AccountTable table;
    const Moment at{.boot = now(), .wall = now()};
    table.add(reader_.samples(), at);
    Report report;
    report.host = timeline_.hosts();
    report.every = timeline_.step();
    report.taken = at;
    report.interfaces = table.interfaces();
    report.ledger.since = {.boot = timeline_.begin(), .wall = timeline_.begin()};
    content_.report = std::move(report);
    content_.book = reader_.book();
    content_.axis->playing = playing_;
    content_.axis->speed = fmt::format("{} each second", format_duration(kSpeeds.at(speed_)));
  }

  const screen::Timeline& timeline_;
  const ReplayView& view_;
  screen::TimelineReader reader_;
  monitor::EventLoop& loop_;
  screen::Content content_;
  Interactive shown_;
  bool playing_ = false;
  std::size_t speed_ = 0;
  Nanoseconds position_ = timeline_.begin();
};

}  // namespace

std::optional<int> show_timeline(const screen::Timeline& timeline, const ReplayView& view) {
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  return Player(timeline, view, *loop).run();
}

}  // namespace cgtally::cli
