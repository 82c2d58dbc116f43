// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "adapters/csv/credits.h"
#include "adapters/terminal/terminal.h"
#include "cli/commands/start_session.h"
#include "cli/options/instance.h"
#include "cli/output/display.h"
#include "cli/output/messages.h"
#include "core/credits/screen.h"
#include "monitor/collectors/monitor.h"
#include "monitor/collectors/uplink_census.h"
#include "monitor/credits/credit_monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kNamed = 5;
constexpr std::size_t kNotices = 3;

struct CreditsOptions {
  CommonOptions common;
  monitor::CreditOptions credits;
};

// The screen or the lines of one run, and the rows in a file if the user wants them. Takes the
// report of each snapshot from a CreditMonitor.
class CreditsCommand {
 public:
  CreditsCommand(const CreditsOptions& options, monitor::EventLoop& loop, monitor::Monitor& monitor,
                 monitor::CreditMonitor credits, std::optional<monitor::RowWriter> rows,
                 monitor::Notices& notices)
      : options_(options),
        loop_(loop),
        monitor_(monitor),
        credits_(std::move(credits)),
        rows_(std::move(rows)),
        notices_(notices),
        display_(loop) {}

  int run() {
    if (auto begun = rows_ ? rows_->begin() : Result<void>{}; !begun) {
      return begun.error().code == EPIPE ? number(ExitCode::fine) : print_error(begun.error());
    }
    if (auto started = start(); !started) return print_error(started.error());
    const auto ran = loop_.run(tick_length(), options_.common.length(), [this] { tick(); });
    if (options_.common.once) publish();
    const auto failed = display_.end();
    credits_.save(last_.taken);
    if (failed) return *failed;
    if (closed_) return number(ExitCode::fine);
    if (!ran) return print_error(ran.error());
    say_end();
    if (const auto missing = rows_ ? rows_->missing_rows() : std::nullopt) {
      return print_error(*missing);
    }
    return crossed_ && options_.common.once ? number(ExitCode::limit_crossed)
                                            : number(ExitCode::fine);
  }

 private:
  Result<void> start() {
    if (!options_.common.rows.to_stdout() && !options_.common.once) {
      if (auto begun = display_.begin_screen([this] { show(); }); !begun) return begun;
    }
    notices_.deliver_to([this](const std::string& notice) { display_.report(notice); });
    if (!display_.on_screen()) say_beginning(monitor_.session(), options_.common);
    return {};
  }

  // --once measures its interval in parts: one figure would not tell how steady the rate is.
  [[nodiscard]] Nanoseconds tick_length() const {
    constexpr Nanoseconds kLeast = std::chrono::milliseconds{100};
    return options_.common.once ? std::max(options_.common.interval / 10, kLeast)
                                : options_.common.interval;
  }

  void tick() {
    auto report = credits_.update(monitor_.tick());
    if (!report) return;
    last_ = *std::move(report);
    crossed_ = false;
    for (const Direction direction : kDirections) {
      crossed_ = crossed_ || danger_of(last_.directions[direction], options_.credits.warn) >=
                                 CreditDanger::certain;
    }
    if (!options_.common.once) publish();
  }

  void publish() {
    if (closed_ || last_.taken.boot == Nanoseconds::zero()) return;
    if (options_.common.once) {
      for (const Direction direction : kDirections) {
        DirectionCredit& credit = last_.directions[direction];
        credit.rate = credit.mean;
      }
    }
    write();
    show();
  }

  void write() {
    if (!rows_) return;
    for (std::string& row : csv::credits_rows(last_)) rows_->put(std::move(row));
    if (!rows_->write()) {
      closed_ = true;
      loop_.abandon();
    }
  }

  void show() {
    if (options_.common.rows.to_stdout() || last_.taken.boot == Nanoseconds::zero()) return;
    const Nanoseconds warn = options_.credits.warn;
    if (!display_.on_screen()) {
      constexpr std::size_t kColumns = 100;
      display_.show(options_.common.once ? credit_screen(last_, {.columns = kColumns, .warn = warn})
                                         : credit_lines(last_));
      return;
    }
    const auto& notices = display_.notices();
    const std::size_t latest = std::min(kNotices, notices.size());
    last_.notices.assign(notices.end() - static_cast<std::ptrdiff_t>(latest), notices.end());
    const terminal::Size size = Display::size();
    auto lines = credit_screen(
        last_,
        {.columns = size.columns, .colour = terminal::wants_colour(STDOUT_FILENO), .warn = warn});
    if (lines.size() > size.rows) lines.resize(size.rows);
    display_.show(lines);
  }

  void say_end() const {
    if (options_.common.once || last_.taken.boot == Nanoseconds::zero()) return;
    print_block(credit_lines(last_));
  }

  const CreditsOptions& options_;
  monitor::EventLoop& loop_;
  monitor::Monitor& monitor_;
  monitor::CreditMonitor credits_;
  std::optional<monitor::RowWriter> rows_;
  monitor::Notices& notices_;
  Display display_;
  CreditReport last_;
  bool crossed_ = false;
  bool closed_ = false;  // nobody reads the rows any more
};

// An instance pays for all of its uplinks, in every netns: what is shown may be narrowed, what is
// charged not. A user who names netns has chosen.
CommonOptions charging_all_uplinks(CommonOptions options) {
  if (!options.choice.netns.empty()) return options;
  const monitor::UplinkCensus census =
      monitor::find_uplinks(options.choice.host_root, &Interface::uplink);
  for (const std::string& note : monitor::census_notes(census)) say(note);
  options.choice = monitor::charging_all(std::move(options.choice), census);
  return options;
}

int run_credits(const CreditsOptions& options) {
  const CommonOptions& common = options.common;
  auto instance = monitor::find_instance(options.credits.instance, common.choice.host_root);
  if (!instance) return print_error(instance.error());
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  monitor::Notices notices;
  auto monitor = monitor::Monitor::start({.session = session_options(charging_all_uplinks(common)),
                                          .samples = true,
                                          .tcp = true,
                                          .allowances = monitor::AllowanceScope::billed},
                                         *loop, notices);
  if (!monitor) return print_start_error(monitor.error(), common.choice.host_root);
  std::optional<monitor::RowWriter> rows;
  if (!common.rows.empty()) {
    auto opened = monitor::RowWriter::open(common.rows, csv::credits_header(), "credits",
                                           loop->waiting(), notices);
    if (!opened) {
      return opened.error().code == EPIPE ? number(ExitCode::fine) : print_error(opened.error());
    }
    rows.emplace(*std::move(opened));
  }
  for (const std::string& note : instance->notes) say(note);
  auto credits =
      monitor::CreditMonitor::start(options.credits, *std::move(instance), common.choice.host_root,
                                    (*monitor)->tick(), common.top.value_or(kNamed), notices);
  if (!credits) return print_error(credits.error());
  return CreditsCommand(options, *loop, **monitor, *std::move(credits), std::move(rows), notices)
      .run();
}

}  // namespace

void add_credits(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CreditsOptions>();
  CLI::App& command = add_command(
      app, "credits", "Show network credits: balance, time to empty, and the top accounts");
  add_common_options(
      command, options->common,
      {.once = "Stop after one interval; exit code 4 if the credits surely end within --warn",
       .account = {},
       .top = {.name = "--top",
               .help = "Number of accounts to name",
               .fallback = fmt::format("{}", kNamed)},
       .csv = "Append one row for each direction and interval to this file; - is stdout"});
  add_credit_options(command, options->credits);
  on_chosen(command, [options, &run] { run = [options] { return run_credits(*options); }; });
}

}  // namespace cgtally::cli
