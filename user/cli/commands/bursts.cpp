// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/bursts.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "adapters/terminal/terminal.h"
#include "cli/commands/start_session.h"
#include "cli/options/dump.h"
#include "cli/options/instance.h"
#include "cli/options/parsing.h"
#include "cli/options/threshold.h"
#include "cli/output/messages.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/bursts/lines.h"
#include "monitor/bursts/burst_dumper.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/collectors/monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTick = 1s;
constexpr std::size_t kTop = 5;
constexpr std::size_t kMostNameColumns = 6;  // the line stays within 80

struct BurstsOptions {
  CommonOptions common;
  monitor::InstanceOptions instance;
  ThresholdRequest threshold;
  monitor::DumpOptions dump;
};

// How queues and retransmits developed over the run.
struct TcpEffect {
  std::optional<Nanoseconds> worst_delay;
  Bytes retransmitted;

  void add(const TcpSummary& all) {
    worst_delay = std::max(worst_delay, all.queue_delay_p99);
    retransmitted += all.retransmitted;
  }
  [[nodiscard]] bool any() const { return worst_delay || retransmitted.value > 0; }
};

// The lines, the rows and the dumps of one run. Takes counters and TCP from the monitor's snapshots
// and the bursts from a BurstMonitor.
class Bursts {
 public:
  Bursts(const BurstsOptions& options, const monitor::BurstSetup& setup, monitor::EventLoop& loop,
         monitor::Monitor& monitor, std::optional<monitor::RowWriter> rows,
         monitor::Notices& notices)
      : options_(options),
        threshold_words_(setup.threshold.words),
        loop_(loop),
        monitor_(monitor),
        notices_(notices),
        rows_(std::move(rows)),
        shows_(!options.common.rows.to_stdout()),
        bursts_(monitor.session(), setup, notices,
                [this](const NamedBurst& burst) { process(burst); }) {
    bursts_.on_progress([this](const NamedBurst& burst) { show_progress(burst); });
    if (options.dump.directory.empty()) return;
    dumper_.emplace(
        options.dump, [this](const Account& account) { return bursts_.account_name(account); },
        notices);
    bursts_.on_windows([this](const monitor::SeenWindows& seen) { dumper_->add(seen); });
  }

  int run() {
    const Nanoseconds begin = sys::now().boot;
    const monitor::Snapshot base = monitor_.tick();
    add_effect(base);
    if (auto started = bursts_.start(loop_.poller(), base); !started) {
      return print_error(started.error());
    }
    bursts_.await_first_windows();
    if (auto begun = rows_ ? rows_->begin() : Result<void>{}; !begun) {
      return begun.error().code == EPIPE ? number(ExitCode::fine) : print_error(begun.error());
    }
    show_head();
    if (auto ran = loop_.run(kTick, options_.common.length(), [this] { tick(); }); !ran) {
      return print_error(ran.error());
    }
    if (!closed_) {
      bursts_.finish();
      show_groups(grouper_.finish());
      write();
    }
    if (dumper_) dumper_->finish();
    if (closed_) return failure_ ? print_error(*failure_) : number(ExitCode::fine);
    print_block(summary(sys::now().boot - begin));
    return print_missing();
  }

 private:
  [[nodiscard]] std::vector<std::string> summary(Nanoseconds length) const {
    auto lines = bursts_.totals().lines(length, kTop);
    std::ranges::move(harm_lines(), std::back_inserter(lines));
    if (dumper_ && !dumper_->summary().empty()) lines.push_back(dumper_->summary());
    return lines;
  }

  [[nodiscard]] int print_missing() const {
    const auto rows = rows_ ? rows_->missing_rows() : std::nullopt;
    const auto dumps = dumper_ ? dumper_->missing() : std::nullopt;
    for (const auto& missing : {rows, dumps}) {
      if (missing) (void)print_error(*missing);
    }
    return number(rows || dumps ? ExitCode::failed : ExitCode::fine);
  }

  void show_head() {
    const monitor::Session& session = monitor_.session();
    say(fmt::format("watching {} for bursts", session.describe_interfaces()));
    std::vector<std::string> names;
    for (const InterfaceKey key : session.attached()) names.push_back(session.interface_name(key));
    if (names.size() > 1) {
      for (const std::string& name : names) {
        layout_.interface_columns = std::max(layout_.interface_columns, name.size());
      }
      layout_.interface_columns = std::min(layout_.interface_columns, kMostNameColumns);
    }
    show(fmt::format("{} rx+tx   window {}   over {}", joined(names),
                     format_length(session.window_settings().window), threshold_words_));
    show(fmt::format("peak in bit/s over one window   {}",
                     bursts_.has_counters()
                         ? fmt::format("counters read every {}", format_duration(kTick))
                         : "no allowance counters: cause unknown"));
    show(burst_header(layout_));
    if (dumper_ && !options_.dump.over && !bursts_.has_counters()) {
      say("no allowance counters on this host: dumping every burst; --dump-over RATE dumps fewer");
    }
    notices_.deliver_to(say);
  }

  [[nodiscard]] static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  void tick() {
    const monitor::Snapshot snapshot = monitor_.tick();
    add_effect(snapshot);
    bursts_.update(snapshot);
    show_groups(grouper_.pop_due(snapshot.reading.taken.boot));
    if (dumper_) dumper_->write();
    write();
  }

  void add_effect(const monitor::Snapshot& snapshot) {
    if (snapshot.tcp_updated) effect_.add(snapshot.tcp.all());
  }

  // Whether what the counters say has been felt; without counters, what has been felt.
  [[nodiscard]] std::vector<std::string> harm_lines() const {
    std::vector<std::string> lines;
    for (const AllowanceSummary& one : monitor_.counters().summaries()) {
      const bool out = one.counter == AllowanceCounter::bw_out;
      if (!one.there || (!out && one.counter != AllowanceCounter::bw_in)) continue;
      const Direction direction = out ? Direction::tx : Direction::rx;
      const std::string words = harm_words(one.verdict, effect_on(direction));
      if (words.empty()) continue;
      lines.push_back(fmt::format("{} exceeded {} in 60 s: {}, {}", direction_name(direction),
                                  format_count(one.last_minute), verdict_name(one.verdict), words));
    }
    if (lines.empty() && effect_.any()) {
      lines.push_back("tcp       " + effect_words(effect_on(Direction::tx)));
    }
    return lines;
  }

  [[nodiscard]] NetworkEffect effect_on(Direction direction) const {
    return {.queue_delay_p99 = effect_.worst_delay,
            .retransmitted = effect_.retransmitted,
            .sent = bursts_.totals().traffic(direction)};
  }

  void process(const NamedBurst& burst) {
    if (shows_) {
      if (const auto group = grouper_.add(burst)) show(burst_group_line(*group, layout_));
    }
    // An unknown cause needs no reason at each burst: the head has given it.
    const CauseVerdict& verdict = burst.burst.verdict;
    if (verdict.cause != BurstCause::unknown && explained_.insert(verdict.cause).second) {
      say(fmt::format("the first {}: {}", cause_name(verdict.cause), verdict.reason));
    }
    if (rows_) rows_->put(csv::bursts_row(burst.burst, burst.wall, host_, burst.account));
    if (dumper_) dumper_->evaluate(burst);
  }

  void show_progress(const NamedBurst& burst) {
    if (shows_) {
      show(burst_group_line(BurstGroup(burst), layout_));
    } else {
      say(burst_progress_words(burst.burst, burst.wall, burst.shown()));
    }
  }

  void show_groups(const std::vector<BurstGroup>& groups) {
    for (const BurstGroup& group : groups) show(burst_group_line(group, layout_));
  }

  void show(const std::string& line) {
    if (!shows_ || closed_) return;
    const auto shown = terminal::write_all(STDOUT_FILENO, printable(line) + "\n", loop_.waiting());
    if (shown || shown.error().code == ECANCELED) return;
    if (shown.error().code != EPIPE) failure_ = shown.error();
    close();
  }

  void write() {
    if (rows_ && !closed_ && !rows_->write()) close();
  }

  void close() {
    closed_ = true;
    loop_.abandon();
  }

  const BurstsOptions& options_;
  std::string threshold_words_;
  monitor::EventLoop& loop_;
  monitor::Monitor& monitor_;
  monitor::Notices& notices_;
  TcpEffect effect_;
  std::optional<monitor::RowWriter> rows_;
  std::string host_ = sys::host_name();
  bool shows_;
  monitor::BurstMonitor bursts_;
  std::optional<monitor::BurstDumper> dumper_;
  BurstLayout layout_;
  BurstGrouper grouper_;
  std::set<BurstCause> explained_;
  bool closed_ = false;
  std::optional<Error> failure_;  // of stdout
};

int run_bursts(BurstsOptions options) {
  CommonOptions& common = options.common;
  if (auto usable = monitor::check(options.dump); !usable) return print_error(usable.error());
  const auto setup = monitor::set_up_bursts(options.instance, common.choice, options.threshold);
  if (!setup) return print_error(setup.error());
  cut_finely_enough(common, setup->threshold);
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  monitor::Notices notices;
  auto monitor = monitor::Monitor::start({.session = session_options(common),
                                          .tcp = true,
                                          .allowances = monitor::AllowanceScope::counted},
                                         *loop, notices);
  if (!monitor) return print_start_error(monitor.error(), common.choice.host_root);
  std::optional<monitor::RowWriter> rows;
  if (!common.rows.empty()) {
    auto opened = monitor::RowWriter::open(common.rows, csv::bursts_header(), "bursts",
                                           loop->waiting(), notices);
    if (!opened) {
      return opened.error().code == EPIPE ? number(ExitCode::fine) : print_error(opened.error());
    }
    rows.emplace(*std::move(opened));
  }
  say_differences((*monitor)->session(), common, setup->threshold);
  return Bursts(options, *setup, *loop, **monitor, std::move(rows), notices).run();
}

}  // namespace

void add_bursts(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<BurstsOptions>();
  CommonOptions& common = options->common;
  CLI::App& command =
      add_command(app, "bursts", "Report microbursts, each with the account that caused it");
  add_interface_options(command, common.choice);
  add_threshold_option(
      command, options->threshold,
      "Rate from which traffic counts as a burst, such as 2Gbit, or its share of the rate that "
      "the instance or the link can reach; if that rate is not known, ten times the mean of the "
      "last minute, at least 100Mbit; without a RATE of yours, a burst has at least 100kB",
      "50%");
  add_by_option(command, common.by);
  add_window_option(command, common.window);
  add_instance_option(command, options->instance.instance);
  add_catalogue_option(command, options->instance.catalogue);
  add_duration_option(command, common.duration);
  add_row_options(command, common.rows, "Append bursts to this file; - is stdout");
  add_dump_options(command, options->dump);
  add_host_root_option(command, common.choice.host_root);
  add_slots_option(command, common.slots);
  add_bpffs_option(command, common.bpffs);
  add_private_option(command, common.private_ledger);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_bursts(*options); }; });
}

}  // namespace cgtally::cli
