// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <set>

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
#include "core/bursts/lines.h"
#include "monitor/bursts/burst_context.h"
#include "monitor/bursts/burst_dumper.h"
#include "monitor/collectors/tcp_collector.h"
#include "monitor/output/row_writer.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kRound = 1s;
constexpr std::size_t kTop = 5;
constexpr std::size_t kMostNameColumns = 6;  // the line stays within 80

struct BurstsOptions {
  CommonOptions common;
  monitor::InstanceOptions instance;
  ThresholdRequest threshold;
  monitor::DumpOptions dump;
};

class Bursts {
 public:
  Bursts(const BurstsOptions& options, const Threshold& threshold, monitor::EventLoop& rounds,
         monitor::Session& session, monitor::BurstContext& evidence,
         std::optional<monitor::RowWriter>& rows, monitor::Notices& notices)
      : options_(options),
        words_(threshold.words),
        rounds_(rounds),
        session_(session),
        evidence_(evidence),
        allowances_(options.common.choice.host_root, notices),
        connections_(options.common.choice.host_root, notices),
        notices_(notices),
        rows_(rows),
        shows_(options.common.csv != "-"),
        watch_(session, evidence, threshold, notices,
               [this](const monitor::NamedBurst& burst) { take(burst); }) {
    watch_.on_progress([this](const monitor::NamedBurst& burst) { tell_progress(burst); });
    if (!options.dump.directory.empty()) {
      deck_.emplace(
          options.dump, [this](const Account& account) { return watch_.account_name(account); },
          notices);
      watch_.on_windows([this](const monitor::SeenWindows& seen) { deck_->hear(seen); });
    }
  }

  int run() {
    const Nanoseconds begin = sys::now().boot;
    const Reading base = session_.read();
    look_around(base);
    if (auto begun = watch_.begin(rounds_.poller(), base.ledger); !begun) {
      return print_error(begun.error());
    }
    begin_screen();
    if (auto ran = rounds_.run(kRound, options_.common.length(), [this] { round(); }); !ran) {
      return print_error(ran.error());
    }
    if (!closed_) {
      watch_.finish();
      write();
    }
    if (deck_) {
      deck_->finish();
    }
    if (closed_) {
      return number(ExitCode::fine);
    }
    auto lines = watch_.totals().lines(sys::now().boot - begin, kTop);
    std::ranges::move(judgement(), std::back_inserter(lines));
    if (deck_ && !deck_->summary().empty()) {
      lines.push_back(deck_->summary());
    }
    print_block(lines);
    return print_missing();
  }

 private:
  int print_missing() const {
    const auto rows = rows_ ? rows_->missing_rows() : std::nullopt;
    const auto dumps = deck_ ? deck_->missing() : std::nullopt;
    for (const auto& missing : {rows, dumps}) {
      if (missing) (void)print_error(*missing);
    }
    return number(rows || dumps ? ExitCode::failed : ExitCode::fine);
  }

  void begin_screen() {
    say("watching " + session_.describe_interfaces() + " for bursts");
    const auto keys = session_.attached();
    if (keys.size() > 1) {
      for (const InterfaceKey key : keys) {
        layout_.interface_columns =
            std::max(layout_.interface_columns, session_.interface_name(key).size());
      }
      layout_.interface_columns = std::min(layout_.interface_columns, kMostNameColumns);
    }
    std::string names;
    for (const InterfaceKey key : keys) {
      names += (names.empty() ? "" : ", ") + session_.interface_name(key);
    }
    show(names + " rx+tx   window " + format_length(session_.window_settings().window) +
         "   over " + words_);
    show(fmt::format("peak in bit/s over one window   {}",
                     evidence_.has_counters()
                         ? fmt::format("counters read every {}", format_duration(kRound))
                         : "no allowance counters: cause unknown"));
    show(burst_header(layout_));
    if (deck_ && !options_.dump.over && !evidence_.has_counters()) {
      say("no allowance counters on this host: dumping every burst; --dump-over RATE dumps fewer");
    }
    notices_.deliver_to(say);
  }

  void round() {
    const Reading reading = session_.read();
    look_around(reading);
    watch_.round(reading.ledger);
    if (deck_) {
      deck_->write();
    }
    write();
  }

  void look_around(const Reading& reading) {
    const auto interfaces = [this] { return session_.counted_interfaces(); };
    if (const auto look = allowances_.look(reading, interfaces)) {
      evidence_.hear(*look, allowances_.allowances());
    }
    if (connections_.look(reading.taken)) {
      const TcpSummary& all = connections_.connections().all();
      worst_delay_ = std::max(worst_delay_, all.queue_delay_p99);
      retransmitted_ += all.retransmitted;
    }
  }

  // Whether what the counters say has been felt; without counters, what has been felt.
  [[nodiscard]] std::vector<std::string> judgement() const {
    std::vector<std::string> lines;
    for (const AllowanceSummary& one : allowances_.allowances().summaries()) {
      const bool out = one.counter == AllowanceCounter::bw_out;
      if (!one.there || (!out && one.counter != AllowanceCounter::bw_in)) continue;
      const std::string words =
          harm_words(one.verdict, effect_on(out ? Direction::tx : Direction::rx));
      if (!words.empty()) {
        lines.push_back(std::string(out ? "tx" : "rx") + " exceeded " +
                        format_count(one.last_minute) +
                        " in 60 s: " + std::string(verdict_name(one.verdict)) + ", " + words);
      }
    }
    const bool felt = worst_delay_ || retransmitted_.value > 0;
    if (lines.empty() && felt) {
      lines.push_back("tcp       " + effect_words(effect_on(Direction::tx)));
    }
    return lines;
  }

  [[nodiscard]] NetworkEffect effect_on(Direction direction) const {
    return {.queue_delay_p99 = worst_delay_,
            .retransmitted = retransmitted_,
            .sent = watch_.totals().traffic(direction)};
  }

  void take(const monitor::NamedBurst& burst) {
    const std::string& account = burst.account.empty() ? "(not told)" : burst.account;
    show(burst_line(burst.burst, burst.wall, account, layout_));
    // Unknown needs no reason at each burst: the header has said it.
    const CauseVerdict& verdict = burst.burst.verdict;
    if (verdict.cause != BurstCause::unknown && said_.insert(verdict.cause).second) {
      say(fmt::format("the first {}: {}", cause_name(verdict.cause), verdict.reason));
    }
    if (rows_) {
      rows_->put(csv::bursts_row(burst.burst, burst.wall, host_, burst.account));
    }
    if (deck_) {
      deck_->judge(burst);
    }
  }

  void tell_progress(const monitor::NamedBurst& burst) {
    if (shows_) {
      const std::string& account = burst.account.empty() ? "(not told)" : burst.account;
      show(burst_line(burst.burst, burst.wall, account, layout_));
    } else {
      say(burst_progress_words(burst.burst, burst.wall, burst.account));
    }
  }

  void show(const std::string& line) {
    if (!shows_ || closed_) {
      return;
    }
    const auto shown = terminal::write_all(STDOUT_FILENO, line + "\n", rounds_.waiting());
    if (!shown && shown.error().code != ECANCELED) {
      close();
    }
  }

  void write() {
    if (rows_ && !closed_ && !rows_->write()) {
      close();
    }
  }

  void close() {
    closed_ = true;
    rounds_.abandon();
  }

  const BurstsOptions& options_;
  std::string words_;
  monitor::EventLoop& rounds_;
  monitor::Session& session_;
  monitor::BurstContext& evidence_;
  monitor::AllowanceCollector allowances_;
  monitor::TcpCollector connections_;
  monitor::Notices& notices_;
  std::optional<Nanoseconds> worst_delay_;
  Bytes retransmitted_;
  std::optional<monitor::RowWriter>& rows_;
  std::string host_ = sys::host_name();
  bool shows_;
  monitor::BurstMonitor watch_;
  std::optional<monitor::BurstDumper> deck_;
  BurstLayout layout_;
  std::set<BurstCause> said_;
  bool closed_ = false;
};

int run_bursts(BurstsOptions options) {
  if (auto usable = monitor::check(options.dump); !usable) {
    return print_error(usable.error());
  }
  auto instance = monitor::instance_if_known(options.instance, options.common.choice.host_root);
  if (!instance) {
    return print_error(instance.error());
  }
  monitor::BurstContext evidence(*std::move(instance),
                                 options.common.choice.netns.empty()
                                     ? monitor::slowest_uplink(options.common.choice.interfaces)
                                     : std::nullopt);
  const Threshold threshold = resolve(options.threshold, evidence.facts());
  cut_finely_enough(options.common, threshold);
  auto rounds = monitor::EventLoop::open();
  if (!rounds) {
    return print_error(rounds.error());
  }
  monitor::Notices notices;
  auto session = start_counting(options.common, *rounds, notices);
  if (!session) {
    return print_start_error(session.error(), options.common.choice.host_root);
  }
  std::optional<monitor::RowWriter> rows;
  if (!options.common.csv.empty()) {
    auto opened = monitor::RowWriter::open(options.common.csv, csv::bursts_header(), "bursts",
                                           rounds->waiting(), notices);
    if (!opened) {
      return opened.error().code == EPIPE ? number(ExitCode::fine) : print_error(opened.error());
    }
    rows.emplace(std::move(*opened));
  }
  say_differences(**session, options.common, threshold);
  return Bursts(options, threshold, *rounds, **session, evidence, rows, notices).run();
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
      "last minute, at least 10Mbit",
      "50%");
  add_window_option(command, common.window);
  add_instance_option(command, options->instance.instance);
  add_catalogue_option(command, options->instance.catalogue);
  add_duration_option(command, common.duration);
  add_text(command, {.name = "--csv", .help = "Append bursts to this file; - is stdout"}, "FILE|-",
           common.csv);
  add_dump_options(command, options->dump);
  add_host_root_option(command, common.choice.host_root);
  add_slots_option(command, common.slots);
  add_bpffs_option(command, common.bpffs);
  add_private_option(command, common.private_ledger);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_bursts(*options); }; });
}

}  // namespace cgtally::cli
