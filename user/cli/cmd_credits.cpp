// SPDX-License-Identifier: Apache-2.0
#include "cli/cmd_credits.h"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <set>

#include "adapters/csv/credits.h"
#include "adapters/csv/sink.h"
#include "adapters/netlink/links.h"
#include "adapters/terminal/terminal.h"
#include "cli/complain.h"
#include "cli/counting.h"
#include "cli/credit_watch.h"
#include "core/credit_screen.h"
#include "core/timestamp.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kNamed = 5;
constexpr std::size_t kNotices = 3;

struct CreditsOptions {
  CommonOptions common;
  CreditOptions credits;
};

class CreditsCommand {
 public:
  CreditsCommand(const CreditsOptions& options, Rounds& rounds, Session& session, CreditWatch watch,
                 std::optional<csv::Sink> sink)
      : options_(options),
        rounds_(rounds),
        session_(session),
        watch_(std::move(watch)),
        sink_(std::move(sink)) {}

  int run() {
    if (auto begun = begin(); !begun) return complain(begun.error());
    const auto ran = rounds_.run(pace(), options_.common.length(), [this] { round(); });
    if (options_.common.once && !failure_) publish();
    end_screen();
    watch_.save(session_, last_.taken);
    if (failure_ && failure_->code != ECANCELED) {
      return failure_->code == EPIPE ? number(ExitCode::fine) : complain(*failure_);
    }
    if (!ran) return complain(ran.error());
    say_all(watch_.take_notices());
    say_end();
    return crossed_ && options_.common.once ? number(ExitCode::limit_crossed)
                                            : number(ExitCode::fine);
  }

 private:
  Result<void> begin() {
    say_all(watch_.take_notices());
    if (!shows_screen()) {
      say_beginning(session_, options_.common);
      return {};
    }
    auto screen = terminal::FullScreen::enter(STDIN_FILENO, STDOUT_FILENO);
    if (!screen) return std::unexpected(screen.error());
    screen_.emplace(std::move(*screen));
    rounds_.on_signal([this](int signal) { take_signal(signal); });
    if (!screen_->has_keys()) return {};
    return rounds_.poller().add(STDIN_FILENO, [this] { take_keys(); });
  }

  // One interval is looked at in parts: a single figure would say nothing of how steady it is.
  [[nodiscard]] Nanoseconds pace() const {
    constexpr Nanoseconds kLeast = std::chrono::milliseconds{100};
    return options_.common.once ? std::max(options_.common.interval / 10, kLeast)
                                : options_.common.interval;
  }

  [[nodiscard]] bool shows_screen() const {
    return options_.common.csv != "-" && !options_.common.once &&
           terminal::can_show_screen(STDOUT_FILENO);
  }

  void round() {
    const Reading reading = session_.read();
    auto report = watch_.take(session_, reading);
    say_all(session_.take_notices());
    say_all(watch_.take_notices());
    if (!report) return;
    last_ = *std::move(report);
    crossed_ = false;
    for (const DirectionCredit& credit : last_.ways) {
      crossed_ = crossed_ || danger_of(credit, options_.credits.warn) >= Danger::certain;
    }
    if (!options_.common.once) publish();
  }

  void publish() {
    if (last_.taken.boot == Nanoseconds::zero()) return;
    if (options_.common.once) {
      for (DirectionCredit& credit : last_.ways) credit.rate = credit.mean;
    }
    write();
    show();
  }

  // To stderr at once, or, while the screen is up, onto it and to stderr afterwards.
  void say_all(const std::vector<std::string>& notices) {
    for (const std::string& notice : notices) {
      if (screen_) {
        notices_.push_back(format_clock(last_.taken.wall) + " " + notice);
      } else {
        say(notice);
      }
    }
  }

  void write() {
    if (!sink_) return;
    const auto written = sink_->write(csv::credits_rows(last_));
    if (!written && (options_.common.csv == "-" || written.error().code == EPIPE)) {
      fail(written.error());
    } else if (!written && !csv_failing_) {
      say_all({written.error().what + ": the estimate goes on, these rows are missing"});
    }
    csv_failing_ = !written;
  }

  void show() {
    if (options_.common.csv == "-") return;
    Result<void> shown;
    if (screen_) {
      const terminal::Size size = terminal::size(STDOUT_FILENO);
      last_.notices.assign(
          notices_.end() - static_cast<std::ptrdiff_t>(std::min(kNotices, notices_.size())),
          notices_.end());
      auto lines = credit_screen(last_, {.columns = size.columns,
                                         .colour = terminal::wants_colour(STDOUT_FILENO),
                                         .warn = options_.credits.warn});
      if (lines.size() > size.rows) lines.resize(size.rows);
      shown = screen_->paint(lines, rounds_.waiting());
    } else {
      std::string text;
      const auto lines = options_.common.once
                             ? credit_screen(last_, {.columns = 100, .warn = options_.credits.warn})
                             : credit_lines(last_);
      for (const std::string& line : lines) text += line + "\n";
      shown = terminal::write_all(STDOUT_FILENO, text, rounds_.waiting());
    }
    if (!shown) fail(shown.error());
  }

  void fail(const Error& error) {
    failure_ = error;
    rounds_.abandon();
  }

  void take_keys() {
    while (const auto key = screen_->take_key()) {
      if (*key == 'q' || *key == 'Q' || *key == '\0') return rounds_.finish();
    }
  }

  void take_signal(int signal) {
    if (signal == SIGTSTP) {
      screen_->leave();
      ::raise(SIGSTOP);
      screen_->resume();
    }
    show();
  }

  void end_screen() {
    if (!screen_) return;
    screen_.reset();
    for (const std::string& notice : notices_) say(notice);
    notices_.clear();
  }

  void say_end() const {
    if (options_.common.once || last_.taken.boot == Nanoseconds::zero()) return;
    say_below(credit_lines(last_));
  }

  const CreditsOptions& options_;
  Rounds& rounds_;
  Session& session_;
  CreditWatch watch_;
  std::optional<csv::Sink> sink_;
  std::optional<terminal::FullScreen> screen_;
  CreditReport last_;
  bool crossed_ = false;
  bool csv_failing_ = false;
  std::vector<std::string> notices_;
  std::optional<Error> failure_;
};

// An instance pays for all of its uplinks: what is shown may be narrowed, what is charged not.
CommonOptions charging_all(CommonOptions options) {
  if (options.interfaces.empty() || !options.netns.empty()) return options;
  const std::set<std::string> named(options.interfaces.begin(), options.interfaces.end());
  for (const Link& link : netlink::list_links().value_or(std::vector<Link>{})) {
    if (link.uplink() && !named.contains(link.name)) options.interfaces.push_back(link.name);
  }
  return options;
}

int run_credits(const CreditsOptions& options) {
  auto instance = find_instance(options.credits.instance, options.common.host_root);
  if (!instance) return complain(instance.error());
  auto rounds = Rounds::open();
  if (!rounds) return complain(rounds.error());
  const CommonOptions common = charging_all(options.common);
  auto session = start_counting(common, *rounds);
  if (!session) return complain_of_start(session.error(), options.common.host_root);
  std::optional<csv::Sink> sink;
  if (!options.common.csv.empty()) {
    auto opened = csv::Sink::open(options.common.csv, csv::credits_header(), rounds->waiting());
    if (!opened) {
      return opened.error().code == EPIPE ? number(ExitCode::fine) : complain(opened.error());
    }
    sink.emplace(std::move(*opened));
  }
  for (const std::string& note : instance->notes) say(note);
  auto watch =
      CreditWatch::begin(options.credits, *std::move(instance), options.common.host_root, **session,
                         (*session)->read(), options.common.top.value_or(kNamed));
  if (!watch) return complain(watch.error());
  return CreditsCommand(options, *rounds, **session, *std::move(watch), std::move(sink)).run();
}

}  // namespace

void add_credits(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CreditsOptions>();
  CLI::App* command =
      app.add_subcommand("credits", "Network credits: what is left, who drains it, when it ends");
  add_common_options(*command, options->common);
  add_credit_options(*command, options->credits);
  command->get_option("--csv")->description("Write a row for each direction and interval");
  command->get_option("--once")->description(
      "One interval, then stop; exit code 4 if the credits surely end\nwithin --warn");
  command->get_option("--top")->description("Name so many accounts (default 5)");
  command->remove_option(command->get_option("--account"));
  command->callback([options, &run] { run = [options] { return run_credits(*options); }; });
}

}  // namespace cgtally::cli
