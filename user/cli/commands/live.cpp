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
#include "cli/output/interactive.h"
#include "cli/output/messages.h"
#include "core/containers/grouping.h"
#include "core/groups/sample_groups.h"
#include "core/live/lines.h"
#include "monitor/collectors/monitor.h"
#include "monitor/live/live_extras.h"
#include "monitor/output/account_notice.h"
#include "monitor/output/sample_writer.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfLines = 10;

struct LiveOptions {
  CommonOptions common;
  monitor::CreditOptions credits;
};

// The screen groups accounts itself, so that it can show the members of a group, and other groups.
// Rows that are written on the way are grouped at their source.
bool screen_groups(const CommonOptions& options) { return options.rows.empty(); }

// The screen or the lines of one run, and the samples in a file if the user wants them. Takes all
// figures from the monitor's snapshots.
class Live {
 public:
  Live(const LiveOptions& options, monitor::EventLoop& loop, monitor::Monitor& monitor,
       std::optional<monitor::SampleWriter> samples, monitor::LiveExtras& extras,
       monitor::Notices& notices, std::optional<std::string> on_screen)
      : options_(options.common),
        loop_(loop),
        display_(loop),
        interactive_(loop, content_),
        monitor_(monitor),
        samples_(std::move(samples)),
        extras_(extras),
        notices_(notices),
        host_(sys::host_name()),
        every_(options.common.interval),
        on_screen_(std::move(on_screen)),
        table_(std::max<Nanoseconds>(std::chrono::seconds{30}, 2 * options_.interval)) {}

  int run() {
    if (auto started = start(); !started) return print_error(started.error());
    const auto ran = loop_.run(options_.interval, options_.length(), [this] {
      tick();
      show();
    });
    if (const auto failed = on_screen_ ? interactive_.end() : display_.end()) return *failed;
    if (!ran) return print_error(ran.error());
    say_summary(monitor_.session(), totals_, options_);
    return samples_ && samples_->failing() ? print_error(samples_->missing_rows())
                                           : number(ExitCode::fine);
  }

 private:
  Result<void> start() {
    if (on_screen_) {
      if (auto begun = begin_screen(); !begun) return begun;
    }
    notices_.deliver_to([this](const std::string& notice) {
      on_screen_ ? interactive_.report(notice) : display_.report(notice);
    });
    const monitor::Snapshot base = monitor_.tick();
    if (on_screen_) {
      extras_.keep_details();
      recall_ended();
    }
    extras_.start(base);
    fill_report(base);
    if (samples_) {
      if (auto begun = samples_->begin(base, monitor_.session()); !begun) return begun;
    }
    if (on_screen_) {
      show();
    } else {
      say_beginning(monitor_.session(), options_);
    }
    return {};
  }

  Result<void> begin_screen() {
    const bool groups = screen_groups(options_);
    screen::View view;
    view.by = options_.by;
    view.account_glob = options_.account;
    return interactive_.begin(*on_screen_,
                              {.interval = every_,
                               .top = options_.top.value_or(screen::ScreenOptions{}.top),
                               .may_group = groups || options_.by == Grouping::cgroup},
                              std::move(view), [this](const screen::Wish& wish) {
                                if (!wish.interval) return;
                                every_ = *wish.interval;
                                loop_.set_interval(every_);
                              });
  }

  // What was counted of groups before this run, and is in `(retired)` now.
  void recall_ended() {
    if (!screen_groups(options_)) return;
    const monitor::Session& session = monitor_.session();
    for (const FinalTotals& ended : monitor_.session().earlier_final_totals()) {
      if (ended.folded || !has_cgroup(ended.account.kind)) continue;
      const AccountName name = session.name_of(ended.account.cgroup_id);
      content_.book.recall(name.path, name.owner, session.interface_name(ended.iface),
                           ended.totals);
    }
  }

  void tick() {
    const monitor::Snapshot snapshot = monitor_.tick();
    extras_.update(snapshot);
    fill_report(snapshot);
    write_samples(snapshot);
  }

  void fill_report(const monitor::Snapshot& snapshot) {
    const monitor::Session& session = monitor_.session();
    totals_.add(grouped(snapshot.samples));
    table_.add(snapshot.samples, snapshot.reading.taken);
    report_ = {.host = host_,
               .every = every_,
               .taken = snapshot.reading.taken,
               .ledger = session.ledger_summary(),
               .interfaces = table_.interfaces(),
               .credits = {},
               .bursts = {},
               .accounts = table_.accounts(),
               .notices = {}};
    for (InterfaceLine& line : report_.interfaces) line.seen = session.coverage_of(line.name);
    if (on_screen_) {
      fill_content(snapshot);
      return;
    }
    fill_connections(snapshot);
    for (const AccountLine& line : report_.accounts) account_notice_.see(line.account, line.owner);
    if (!samples_) account_notice_.tell(notices_);  // their writer says the same
    std::erase_if(report_.accounts, [this](const AccountLine& line) {
      return !account_passes(options_.account, line.account, line.owner);
    });
    extras_.fill(report_);
  }

  void fill_connections(const monitor::Snapshot& snapshot) {
    if (!snapshot.tcp.updated_at()) return;
    add_connections(report_.accounts, connections_of(snapshot), snapshot.tcp_complete);
  }

  void fill_content(const monitor::Snapshot& snapshot) {
    report_.accounts.clear();
    extras_.fill(report_);
    content_.report = report_;
    content_.book.add(snapshot.samples, snapshot.reading.taken);
    if (snapshot.tcp.updated_at()) {
      content_.book.set_connections(connections_of(snapshot), snapshot.tcp_complete);
    }
    extras_.fill(content_);
  }

  [[nodiscard]] std::map<std::string, TcpSummary> connections_of(
      const monitor::Snapshot& snapshot) {
    std::map<std::string, TcpSummary> by_account;
    for (const auto& [cgroup, summary] : snapshot.tcp.by_cgroup()) {
      by_account.emplace(monitor_.session().name_of(cgroup).path, summary);
    }
    return by_account;
  }

  // As --by has them, for the summary at the end.
  [[nodiscard]] std::vector<Sample> grouped(const std::vector<Sample>& samples) const {
    if (!on_screen_ || options_.by == Grouping::cgroup || !screen_groups(options_)) return samples;
    std::vector<Sample> result;
    result.reserve(samples.size());
    for (const Sample& sample : samples) result.push_back(as_group(options_.by, sample));
    return result;
  }

  void write_samples(const monitor::Snapshot& snapshot) {
    if (!samples_ || csv_closed_) return;
    csv_closed_ =
        samples_->write(snapshot, monitor_.session()) == monitor::SampleWriter::Outcome::closed;
  }

  void show() {
    if (on_screen_) {
      interactive_.paint();
      return;
    }
    report_.notices = display_.notices();
    display_.show(plain_lines(report_, options_.top.value_or(kTopOfLines)));
  }

  const CommonOptions& options_;
  monitor::EventLoop& loop_;
  Display display_;
  screen::Content content_;
  Interactive interactive_;
  monitor::Monitor& monitor_;
  std::optional<monitor::SampleWriter> samples_;
  monitor::LiveExtras& extras_;
  monitor::Notices& notices_;
  std::string host_;
  Nanoseconds every_;
  std::optional<std::string> on_screen_;  // the terminal's description
  AccountTable table_;
  RunTotals totals_;
  Report report_;
  monitor::AccountNotice account_notice_{options_.account};
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
  const auto on_screen = Interactive::find_terminal();
  monitor::SessionOptions session = session_options(options);
  if (on_screen && screen_groups(options)) session.by = Grouping::cgroup;
  auto monitor = monitor::Monitor::start(
      {.session = session, .samples = true, .tcp = !options.no_connections}, *loop, notices);
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
  return Live(all, *loop, **monitor, std::move(samples), extras, notices, on_screen).run();
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
