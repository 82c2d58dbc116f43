// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <memory>

#include "adapters/sys/host.h"
#include "adapters/terminal/terminal.h"
#include "cli/commands/start_session.h"
#include "cli/options/instance.h"
#include "cli/output/display.h"
#include "cli/output/messages.h"
#include "core/base/glob.h"
#include "core/live/screen.h"
#include "monitor/collectors/tcp_collector.h"
#include "monitor/live/live_extras.h"
#include "monitor/output/sample_writer.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfLines = 10;

struct LiveOptions {
  CommonOptions common;
  monitor::CreditOptions credits;
};

class Live {
 public:
  Live(const CommonOptions& options, monitor::EventLoop& rounds, monitor::Session& session,
       std::optional<monitor::SampleWriter>& recorder, monitor::LiveExtras& news,
       monitor::Notices& notices)
      : options_(options),
        rounds_(rounds),
        display_(rounds),
        session_(session),
        recorder_(recorder),
        news_(news),
        notices_(notices),
        host_(sys::host_name()),
        sampler_(host_),
        connections_(options.choice.host_root, notices),
        board_(std::max<Nanoseconds>(std::chrono::seconds{30}, 2 * options.interval)) {}

  int run() {
    if (auto begun = begin(); !begun) {
      return print_error(begun.error());
    }
    const auto ran = rounds_.run(options_.interval, options_.length(), [this] {
      round();
      show();
    });
    if (const auto failed = display_.end()) {
      return *failed;
    }
    if (!ran) {
      return print_error(ran.error());
    }
    say_summary(session_, totals_, options_);
    return recorder_ && recorder_->failing() ? print_error(recorder_->missing_rows())
                                             : number(ExitCode::fine);
  }

 private:
  Result<void> begin() {
    if (auto begun = display_.begin_screen([this] { show(); }); !begun) {
      return begun;
    }
    notices_.deliver_to([this](const std::string& notice) { display_.report(notice); });
    round();
    if (display_.on_screen()) {
      show();
    } else {
      say_beginning(session_, options_);
    }
    return {};
  }

  void round() {
    const Reading reading = session_.read();
    const auto name_of = [this](std::uint64_t id) { return session_.name_of(id); };
    const auto interface_name = [this](InterfaceKey key) { return session_.interface_name(key); };
    const auto samples = sampler_.process(reading, name_of, interface_name);
    sampler_.commit();
    totals_.add(samples);
    board_.add(samples, reading.taken);
    report_ = {.host = host_,
               .every = options_.interval,
               .taken = reading.taken,
               .ledger = session_.ledger_summary(),
               .interfaces = board_.interfaces(),
               .credits = {},
               .bursts = {},
               .accounts = board_.accounts(),
               .notices = {}};
    for (InterfaceLine& line : report_.interfaces) {
      line.seen = session_.coverage_of(line.name);
    }
    look_at_connections(reading.taken);
    std::erase_if(report_.accounts, [this](const AccountLine& line) {
      return !passes_filter(options_.account, line.account);
    });
    news_.round(reading);
    news_.put_into(report_);
    if (recorder_ && !csv_closed_) {
      csv_closed_ = recorder_->take(reading, name_of, interface_name) ==
                    monitor::SampleWriter::Outcome::closed;
    }
  }

  void look_at_connections(const Moment& now) {
    if (connections_.look(now) && recorder_) {
      recorder_->add(connections_.connections(), connections_.complete());
    }
    if (!connections_.connections().updated_at()) {
      return;
    }
    std::map<std::string, TcpSummary> by_account;
    for (const auto& [cgroup, summary] : connections_.connections().by_cgroup()) {
      by_account.emplace(session_.name_of(cgroup).path, summary);
    }
    add_connections(report_.accounts, by_account, connections_.complete());
  }

  void show() {
    report_.notices = display_.notices();
    if (!display_.on_screen()) {
      display_.show(plain_lines(report_, options_.top.value_or(kTopOfLines)));
      return;
    }
    const terminal::Size size = Display::size();
    display_.show(frame(report_, {.columns = size.columns,
                                  .rows = size.rows,
                                  .colour = terminal::wants_colour(STDOUT_FILENO),
                                  .top = options_.top.value_or(ScreenLayout{}.top)}));
  }

  const CommonOptions& options_;
  monitor::EventLoop& rounds_;
  Display display_;
  monitor::Session& session_;
  std::optional<monitor::SampleWriter>& recorder_;
  monitor::LiveExtras& news_;
  monitor::Notices& notices_;
  std::string host_;
  Sampler sampler_;
  monitor::TcpCollector connections_;
  AccountTable board_;
  RunTotals totals_;
  Report report_;
  bool csv_closed_ = false;
};

int run_live(LiveOptions all) {
  const CommonOptions& options = all.common;
  if (options.csv == "-") {
    return print_error({.what = "live cannot write CSV to stdout",
                        .hint = "use cgtally record, or give --csv a file",
                        .failure = Failure::usage});
  }
  auto instance = monitor::instance_if_known(all.credits.instance, options.choice.host_root);
  if (!instance) {
    return print_error(instance.error());
  }
  const Threshold threshold = resolve(
      {}, monitor::BurstContext(*instance, options.choice.netns.empty()
                                               ? monitor::slowest_uplink(options.choice.interfaces)
                                               : std::nullopt)
              .facts());
  auto rounds = monitor::EventLoop::open();
  if (!rounds) {
    return print_error(rounds.error());
  }
  monitor::Notices notices;
  auto session = start_counting(options, *rounds, notices);
  if (!session) {
    return print_start_error(session.error(), options.choice.host_root);
  }
  std::optional<monitor::SampleWriter> recorder;
  if (!options.csv.empty()) {
    auto opened = monitor::SampleWriter::open(options.csv, sys::host_name(), options.account,
                                              rounds->waiting(), notices);
    if (!opened) {
      return print_error(opened.error());
    }
    recorder.emplace(std::move(*opened));
  }
  monitor::LiveExtras news(options.choice, all.credits, *std::move(instance), threshold, **session,
                           rounds->poller(), notices);
  return Live(options, *rounds, **session, recorder, news, notices).run();
}

}  // namespace

void add_live(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<LiveOptions>();
  CLI::App& command = add_command(
      app, "live", "Show traffic by account: a full screen on a terminal, lines elsewhere");
  add_common_options(
      command, options->common,
      {.top = {.name = "--top",
               .help = "Show N accounts, and the others as one",
               .fallback = fmt::format("{} in lines, all that fit on a screen", kTopOfLines)},
       .csv = {.name = "--csv", .help = "Append samples to this file, too"},
       .csv_type = "FILE"});
  add_instance_option(command, options->credits.instance.instance);
  add_catalogue_option(command, options->credits.instance.catalogue);
  add_state_dir_option(command, options->credits.state_dir);
  on_chosen(command, [options, &run] { run = [options] { return run_live(*options); }; });
}

}  // namespace cgtally::cli
