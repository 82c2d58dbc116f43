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
#include "core/containers/grouping.h"
#include "core/live/screen.h"
#include "monitor/collectors/monitor.h"
#include "monitor/live/live_extras.h"
#include "monitor/output/sample_writer.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfLines = 10;

struct LiveOptions {
  CommonOptions common;
  monitor::CreditOptions credits;
};

// The screen or the lines of one run, and the samples in a file if the user wants them. Takes all
// figures from the monitor's snapshots.
class Live {
 public:
  Live(const LiveOptions& options, monitor::EventLoop& loop, monitor::Monitor& monitor,
       std::optional<monitor::SampleWriter> samples, monitor::LiveExtras& extras,
       monitor::Notices& notices)
      : options_(options.common),
        loop_(loop),
        display_(loop),
        monitor_(monitor),
        samples_(std::move(samples)),
        extras_(extras),
        notices_(notices),
        host_(sys::host_name()),
        table_(std::max<Nanoseconds>(std::chrono::seconds{30}, 2 * options_.interval)) {}

  int run() {
    if (auto started = start(); !started) return print_error(started.error());
    const auto ran = loop_.run(options_.interval, options_.length(), [this] {
      tick();
      show();
    });
    if (const auto failed = display_.end()) return *failed;
    if (!ran) return print_error(ran.error());
    say_summary(monitor_.session(), totals_, options_);
    return samples_ && samples_->failing() ? print_error(samples_->missing_rows())
                                           : number(ExitCode::fine);
  }

 private:
  Result<void> start() {
    if (auto begun = display_.begin_screen([this] { show(); }); !begun) return begun;
    notices_.deliver_to([this](const std::string& notice) { display_.report(notice); });
    const monitor::Snapshot base = monitor_.tick();
    extras_.start(base);
    fill_report(base);
    if (samples_) {
      if (auto begun = samples_->begin(base, monitor_.session()); !begun) return begun;
    }
    if (display_.on_screen()) {
      show();
    } else {
      say_beginning(monitor_.session(), options_);
    }
    return {};
  }

  void tick() {
    const monitor::Snapshot snapshot = monitor_.tick();
    extras_.update(snapshot);
    fill_report(snapshot);
    write_samples(snapshot);
  }

  void fill_report(const monitor::Snapshot& snapshot) {
    const monitor::Session& session = monitor_.session();
    totals_.add(snapshot.samples);
    table_.add(snapshot.samples, snapshot.reading.taken);
    report_ = {.host = host_,
               .every = options_.interval,
               .taken = snapshot.reading.taken,
               .ledger = session.ledger_summary(),
               .interfaces = table_.interfaces(),
               .credits = {},
               .bursts = {},
               .accounts = table_.accounts(),
               .notices = {}};
    for (InterfaceLine& line : report_.interfaces) line.seen = session.coverage_of(line.name);
    fill_connections(snapshot);
    std::erase_if(report_.accounts, [this](const AccountLine& line) {
      return !account_passes(options_.account, line.account, line.owner);
    });
    extras_.fill(report_);
  }

  void fill_connections(const monitor::Snapshot& snapshot) {
    if (!snapshot.tcp.updated_at()) return;
    std::map<std::string, TcpSummary> by_account;
    for (const auto& [cgroup, summary] : snapshot.tcp.by_cgroup()) {
      by_account.emplace(monitor_.session().name_of(cgroup).path, summary);
    }
    add_connections(report_.accounts, by_account, snapshot.tcp_complete);
  }

  void write_samples(const monitor::Snapshot& snapshot) {
    if (!samples_ || csv_closed_) return;
    csv_closed_ =
        samples_->write(snapshot, monitor_.session()) == monitor::SampleWriter::Outcome::closed;
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
  monitor::EventLoop& loop_;
  Display display_;
  monitor::Monitor& monitor_;
  std::optional<monitor::SampleWriter> samples_;
  monitor::LiveExtras& extras_;
  monitor::Notices& notices_;
  std::string host_;
  AccountTable table_;
  RunTotals totals_;
  Report report_;
  bool csv_closed_ = false;
};

int run_live(const LiveOptions& all) {
  const CommonOptions& options = all.common;
  if (options.rows.to_stdout()) {
    return print_error(
        {.what = "live cannot write rows to stdout",
         .hint = fmt::format("use cgtally record, or give {} a file", options.rows.option),
         .failure = Failure::usage});
  }
  const auto bursts = monitor::set_up_bursts(all.credits.instance, options.choice, {});
  if (!bursts) return print_error(bursts.error());
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  monitor::Notices notices;
  auto monitor = monitor::Monitor::start(
      {.session = session_options(options), .samples = true, .tcp = !options.no_connections}, *loop,
      notices);
  if (!monitor) return print_start_error(monitor.error(), options.choice.host_root);
  std::optional<monitor::SampleWriter> samples;
  if (!options.rows.empty()) {
    auto opened = monitor::SampleWriter::open(options.rows, sys::host_name(), options.account,
                                              loop->waiting(), notices);
    if (!opened) return print_error(opened.error());
    samples.emplace(*std::move(opened));
  }
  monitor::LiveExtras extras(options.choice, all.credits, *bursts, **monitor, loop->poller(),
                             notices);
  return Live(all, *loop, **monitor, std::move(samples), extras, notices).run();
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
       .csv = "Append samples to this file, too",
       .csv_type = "FILE"});
  add_connections_option(command, options->common.no_connections);
  add_instance_option(command, options->credits.instance.instance);
  add_catalogue_option(command, options->credits.instance.catalogue);
  add_state_dir_option(command, options->credits.state_dir);
  on_chosen(command, [options, &run] { run = [options] { return run_live(*options); }; });
}

}  // namespace cgtally::cli
