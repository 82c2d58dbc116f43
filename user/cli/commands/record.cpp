// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/csv/allowances.h"
#include "adapters/csv/bursts.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "adapters/sys/timer.h"
#include "cli/commands/start_session.h"
#include "cli/options/instance.h"
#include "cli/options/threshold.h"
#include "cli/output/messages.h"
#include "monitor/bursts/burst_context.h"
#include "monitor/bursts/burst_csv.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/collectors/tcp_collector.h"
#include "monitor/output/row_writer.h"
#include "monitor/output/sample_writer.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfBursts = 5;
constexpr Nanoseconds kWatchPace = std::chrono::seconds(1);

struct RecordOptions : CommonOptions {
  std::string allowances;  // path or empty
  std::string bursts;      // likewise
  ThresholdRequest threshold;
  monitor::InstanceOptions instance;  // for --bursts: what the threshold is a share of
};

class Record {
 public:
  Record(const RecordOptions& options, monitor::EventLoop& rounds, monitor::Session& session,
         monitor::SampleWriter& recorder, std::optional<monitor::RowWriter> allowances,
         monitor::BurstContext& evidence, std::unique_ptr<monitor::BurstCsv> bursts,
         monitor::Notices& notices)
      : options_(options),
        rounds_(rounds),
        session_(session),
        recorder_(recorder),
        connections_(options.choice.host_root, notices),
        allowance_watch_(options.choice.host_root, notices),
        allowances_(std::move(allowances)),
        evidence_(evidence),
        bursts_(std::move(bursts)) {}

  int run() {
    round();
    if (auto begun = begin_watching(); !begun) {
      return print_error(begun.error());
    }
    begin_ = sys::now().boot;
    say_beginning(session_, options_);
    if (auto ran = rounds_.run(options_.interval, options_.length(), [this] { round(); }); !ran) {
      return print_error(ran.error());
    }
    if (closed_) {
      if (bursts_) {
        bursts_->finish();
      }
      return number(ExitCode::fine);
    }
    end_bursts();
    if (recorder_.failing()) {
      totals_.add(recorder_.samples());
    }
    say_summary(session_, totals_, options_);
    return exit_code_of_all();
  }

 private:
  // Counters and bursts are due once a second, however seldom samples are.
  Result<void> begin_watching() {
    if (bursts_) {
      if (auto begun = bursts_->begin(rounds_.poller(), ledger_); !begun) {
        return begun;
      }
    }
    if (options_.interval <= kWatchPace || (!bursts_ && !allowances_)) {
      return {};
    }
    auto timer = sys::Timer::every(kWatchPace);
    if (!timer) {
      return std::unexpected(timer.error());
    }
    between_.emplace(std::move(*timer));
    return rounds_.poller().add(between_->fd(), [this] {
      (void)between_->read_expirations();
      Reading reading = session_.read();
      watch(reading);
      std::ranges::move(reading.final_totals, std::back_inserter(ended_));
      ended_unseen_ += reading.lost_final_totals;
    });
  }

  // What has ended since the last sample, whichever reading told of it.
  Reading read() {
    Reading reading = session_.read();
    std::ranges::move(reading.final_totals, std::back_inserter(ended_));
    reading.final_totals = std::exchange(ended_, {});
    reading.lost_final_totals += std::exchange(ended_unseen_, 0);
    return reading;
  }

  void watch(const Reading& reading) {
    look_at_allowances(reading);
    ledger_ = reading.ledger;
    if (bursts_ && begin_ > Nanoseconds::zero()) {
      bursts_->round(ledger_);
    }
  }

  void round() {
    const Reading reading = read();
    if (connections_.look(reading.taken)) {
      recorder_.add(connections_.connections(), connections_.complete());
    }
    watch(reading);
    const auto outcome = recorder_.take(
        reading, [this](std::uint64_t id) { return session_.name_of(id); },
        [this](InterfaceKey key) { return session_.interface_name(key); });
    if (outcome == monitor::SampleWriter::Outcome::closed) {
      close();
      return;
    }
    if (outcome == monitor::SampleWriter::Outcome::written) {
      totals_.add(recorder_.samples());
    }
  }

  void look_at_allowances(const Reading& reading) {
    if (!allowances_ && !bursts_) {
      return;
    }
    const auto look =
        allowance_watch_.look(reading, [this] { return session_.counted_interfaces(); });
    if (!look) {
      return;
    }
    evidence_.hear(*look, allowance_watch_.allowances());
    if (!allowances_) {
      return;
    }
    const bool first = look->interval == Nanoseconds::zero();
    if (first && allowance_watch_.without_any()) {
      say("no allowance counters on " + session_.describe_interfaces() +
          ": only the ENA driver has them");
    }
    for (const AllowanceStep& step : look->steps) {
      allowances_->put(csv::allowances_row(host_, look->taken, look->interval, step));
    }
    if (!allowances_->write()) {
      close();
    }
  }

  // Nobody reads on: that ends it, silently.
  void close() {
    closed_ = true;
    rounds_.abandon();
  }

  void end_bursts() {
    if (bursts_) {
      bursts_->finish();
      print_block(bursts_->totals().lines(sys::now().boot - begin_, kTopOfBursts));
    }
  }

  // Each file that lacks rows is named.
  [[nodiscard]] int exit_code_of_all() const {
    int code = number(ExitCode::fine);
    if (bursts_ && bursts_->missing_rows()) {
      code = print_error(*bursts_->missing_rows());
    }
    if (allowances_ && allowances_->missing_rows()) {
      code = print_error(*allowances_->missing_rows());
    }
    return recorder_.failing() ? print_error(recorder_.missing_rows()) : code;
  }

  const RecordOptions& options_;
  monitor::EventLoop& rounds_;
  monitor::Session& session_;
  monitor::SampleWriter& recorder_;
  monitor::TcpCollector connections_;
  monitor::AllowanceCollector allowance_watch_;
  std::optional<monitor::RowWriter> allowances_;
  monitor::BurstContext& evidence_;
  std::unique_ptr<monitor::BurstCsv> bursts_;
  std::string host_ = sys::host_name();
  std::string ledger_;
  Nanoseconds begin_{};
  RunTotals totals_;
  bool closed_ = false;
  std::optional<sys::Timer> between_;  // the samples
  std::vector<FinalTotals> ended_;
  std::uint64_t ended_unseen_ = 0;
};

// What cannot go together.
std::optional<Error> contradiction(const RecordOptions& options) {
  if (options.bursts == "-") {
    return Error{
        .what = "--bursts must be a file, got -",
        .hint = "record writes samples to stdout; cgtally bursts --csv - writes bursts there",
        .failure = Failure::usage};
  }
  if (options.allowances == "-" && (options.csv.empty() || options.csv == "-")) {
    return Error{.what = "--allowances must be a file, got -, where the samples go",
                 .hint = "write the samples to a file, too: --csv FILE",
                 .failure = Failure::usage};
  }
  return std::nullopt;
}

int run_record(RecordOptions options) {
  if (const auto wrong = contradiction(options)) {
    return print_error(*wrong);
  }
  auto instance = monitor::instance_if_known(options.instance, options.choice.host_root);
  if (!instance) {
    return print_error(instance.error());
  }
  monitor::BurstContext evidence(*std::move(instance),
                                 options.choice.netns.empty()
                                     ? monitor::slowest_uplink(options.choice.interfaces)
                                     : std::nullopt);
  const Threshold threshold = resolve(options.threshold, evidence.facts());
  if (!options.bursts.empty()) {
    cut_finely_enough(options, threshold);
  }
  auto rounds = monitor::EventLoop::open();
  if (!rounds) {
    return print_error(rounds.error());
  }
  monitor::Notices notices;
  auto session = start_counting(options, *rounds, notices);
  if (!session) {
    return print_start_error(session.error(), options.choice.host_root);
  }
  auto recorder =
      monitor::SampleWriter::open(options.csv.empty() ? "-" : options.csv, sys::host_name(),
                                  options.account, rounds->waiting(), notices);
  if (!recorder) {
    return recorder.error().code == EPIPE ? number(ExitCode::fine) : print_error(recorder.error());
  }
  std::optional<monitor::RowWriter> allowances;
  if (!options.allowances.empty()) {
    auto opened = monitor::RowWriter::open(options.allowances, csv::allowances_header(),
                                           "allowance counters", rounds->waiting(), notices);
    if (!opened) {
      return print_error(opened.error());
    }
    allowances.emplace(std::move(*opened));
  }
  std::unique_ptr<monitor::BurstCsv> bursts;
  if (!options.bursts.empty()) {
    auto opened = monitor::RowWriter::open(options.bursts, csv::bursts_header(), "bursts",
                                           rounds->waiting(), notices);
    if (!opened) {
      return print_error(opened.error());
    }
    say(fmt::format("bursts over {}", threshold.words));
    say_differences(**session, options, threshold);
    bursts = std::make_unique<monitor::BurstCsv>(**session, evidence, threshold, std::move(*opened),
                                                 notices);
  }
  notices.deliver_to(say);
  return Record(options, *rounds, **session, *recorder, std::move(allowances), evidence,
                std::move(bursts), notices)
      .run();
}

}  // namespace

void add_record(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App& command = add_command(app, "record", "Write samples to a CSV file or to stdout");
  add_common_options(
      command, *options,
      {.account = "Write only accounts that match, such as '/system.slice/*', and (kernel)",
       .top = {.name = "--top",
               .help = "Number of accounts in the summary at the end",
               .fallback = "5"},
       .csv = {
           .name = "--csv", .help = "Append samples to this file; - is stdout", .fallback = "-"}});
  add_text(command,
           {.name = "--allowances",
            .help = "Append ENA's allowance counters to this file, too, once a second"},
           "FILE", options->allowances);
  add_text(command,
           {.name = "--bursts", .help = "Append bursts to this file, too; see cgtally bursts"},
           "FILE", options->bursts);
  add_threshold_option(command, options->threshold,
                       "Rate from which traffic counts as a burst, for --bursts",
                       "as for cgtally bursts");
  add_instance_option(command, options->instance.instance);
  add_catalogue_option(command, options->instance.catalogue);
  on_chosen(command, [options, &run] { run = [options] { return run_record(*options); }; });
}

}  // namespace cgtally::cli
