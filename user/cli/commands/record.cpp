// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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
#include "monitor/collectors/monitor.h"
#include "monitor/output/allowance_csv.h"
#include "monitor/output/row_writer.h"
#include "monitor/output/sample_writer.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kTopOfBursts = 5;
// Of counters and bursts, however seldom samples are.
constexpr Nanoseconds kMostBetweenTicks = std::chrono::seconds(1);

struct RecordOptions {
  CommonOptions common;
  std::string allowances;  // path or empty
  std::string bursts;      // likewise
  ThresholdRequest threshold;
  monitor::InstanceOptions instance;  // for --bursts: what the threshold is a share of
};

// The files of one run. A file that the user did not ask for is none.
struct RecordFiles {
  monitor::SampleWriter samples;
  std::optional<monitor::AllowanceCsv> allowances;
  std::unique_ptr<monitor::BurstCsv> bursts;
};

// Hands each snapshot to the writers until the user or a reader that went away ends the run.
class Record {
 public:
  Record(const CommonOptions& options, monitor::EventLoop& loop, monitor::Monitor& monitor,
         RecordFiles files)
      : options_(options), loop_(loop), monitor_(monitor), files_(std::move(files)) {}

  int run() {
    if (auto started = start(monitor_.tick()); !started) {
      return started.error().code == EPIPE ? number(ExitCode::fine) : print_error(started.error());
    }
    begin_ = sys::now().boot;
    say_beginning(monitor_.session(), options_);
    if (auto ran = loop_.run(options_.interval, options_.length(), [this] { tick(); }); !ran) {
      return print_error(ran.error());
    }
    if (files_.bursts) files_.bursts->finish();
    if (closed_) return number(ExitCode::fine);
    say_end();
    return exit_code_of_all();
  }

 private:
  // The headers come last, those of the samples at the very end: what is sent after them is
  // counted.
  Result<void> start(const monitor::Snapshot& base) {
    if (files_.bursts) {
      if (auto started = files_.bursts->start(loop_.poller(), base); !started) return started;
    }
    if (auto timed = start_between(); !timed) return timed;
    if (files_.allowances) {
      if (auto begun = files_.allowances->begin(); !begun) return begun;
      write_allowances(base);
    }
    return files_.samples.begin(base, monitor_.session());
  }

  Result<void> start_between() {
    if (options_.interval <= kMostBetweenTicks || (!files_.bursts && !files_.allowances)) return {};
    auto timer = sys::Timer::every(kMostBetweenTicks);
    if (!timer) return std::unexpected(timer.error());
    between_.emplace(*std::move(timer));
    return loop_.poller().add(between_->fd(), [this] {
      (void)between_->read_expirations();
      const monitor::Snapshot snapshot = monitor_.tick_between();
      write_allowances(snapshot);
      if (files_.bursts) files_.bursts->update(snapshot);
    });
  }

  void tick() {
    const monitor::Snapshot snapshot = monitor_.tick();
    write(snapshot);
    if (files_.bursts) files_.bursts->update(snapshot);
  }

  void write(const monitor::Snapshot& snapshot) {
    write_allowances(snapshot);
    switch (files_.samples.write(snapshot, monitor_.session())) {
      case monitor::SampleWriter::Outcome::closed:
        close();
        break;
      case monitor::SampleWriter::Outcome::written:
        totals_.add(files_.samples.samples());
        break;
      case monitor::SampleWriter::Outcome::failing:
        break;
    }
  }

  void write_allowances(const monitor::Snapshot& snapshot) {
    if (files_.allowances && !files_.allowances->update(snapshot)) close();
  }

  // Nobody reads any more: that ends the run without a word.
  void close() {
    closed_ = true;
    loop_.abandon();
  }

  void say_end() {
    if (files_.bursts) {
      print_block(files_.bursts->totals().lines(sys::now().boot - begin_, kTopOfBursts));
    }
    if (files_.samples.failing()) totals_.add(files_.samples.samples());
    say_summary(monitor_.session(), totals_, options_);
  }

  // Each file that lacks rows is named.
  [[nodiscard]] int exit_code_of_all() const {
    int code = number(ExitCode::fine);
    const auto bursts = files_.bursts ? files_.bursts->missing_rows() : std::nullopt;
    const auto allowances = files_.allowances ? files_.allowances->missing_rows() : std::nullopt;
    for (const auto& missing : {bursts, allowances}) {
      if (missing) code = print_error(*missing);
    }
    return files_.samples.failing() ? print_error(files_.samples.missing_rows()) : code;
  }

  const CommonOptions& options_;
  monitor::EventLoop& loop_;
  monitor::Monitor& monitor_;
  RecordFiles files_;
  Nanoseconds begin_{};
  RunTotals totals_;
  bool closed_ = false;
  std::optional<sys::Timer> between_;
};

// What cannot go together.
std::optional<Error> contradiction(const RecordOptions& options) {
  if (options.bursts == "-") {
    return Error{
        .what = "--bursts must be a file, got -",
        .hint = "record writes samples to stdout; cgtally bursts --csv - writes bursts there",
        .failure = Failure::usage};
  }
  const csv::RowFile& samples = options.common.rows;
  if (options.allowances == "-" && (samples.empty() || samples.to_stdout())) {
    return Error{.what = "--allowances must be a file, got -, where the samples go",
                 .hint = "write the samples to a file, too: --csv FILE",
                 .failure = Failure::usage};
  }
  return std::nullopt;
}

// A file of another option, with the names as in the samples.
csv::RowFile named_like(const csv::RowFile& samples, const std::string& path, const char* option) {
  csv::RowFile file = csv::RowFile::by_name(path, option);
  file.plain_names = samples.plain_names;
  return file;
}

Result<RecordFiles> open_files(const RecordOptions& options, const monitor::BurstSetup& setup,
                               monitor::EventLoop& loop, monitor::Session& session,
                               monitor::Notices& notices) {
  const CommonOptions& common = options.common;
  auto samples = monitor::SampleWriter::open(
      common.rows.with_path(common.rows.empty() ? "-" : common.rows.path), sys::host_name(),
      common.account, loop.waiting(), notices);
  if (!samples) return std::unexpected(std::move(samples).error());
  RecordFiles files{.samples = *std::move(samples), .allowances = {}, .bursts = {}};
  if (!options.allowances.empty()) {
    auto rows = monitor::RowWriter::open(
        named_like(common.rows, options.allowances, "--allowances"), csv::allowances_header(),
        "allowance counters", loop.waiting(), notices);
    if (!rows) return std::unexpected(std::move(rows).error());
    files.allowances.emplace(session, *std::move(rows), notices);
  }
  if (!options.bursts.empty()) {
    auto rows = monitor::RowWriter::open(named_like(common.rows, options.bursts, "--bursts"),
                                         csv::bursts_header(), "bursts", loop.waiting(), notices);
    if (!rows) return std::unexpected(std::move(rows).error());
    say(fmt::format("bursts over {}", setup.threshold.words));
    say_differences(session, common, setup.threshold);
    files.bursts = std::make_unique<monitor::BurstCsv>(session, setup, *std::move(rows), notices);
  }
  return files;
}

int run_record(RecordOptions options) {
  CommonOptions& common = options.common;
  if (const auto wrong = contradiction(options)) return print_error(*wrong);
  const auto setup = monitor::set_up_bursts(options.instance, common.choice, options.threshold);
  if (!setup) return print_error(setup.error());
  if (!options.bursts.empty()) cut_finely_enough(common, setup->threshold);
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  monitor::Notices notices;
  const bool counters = !options.allowances.empty() || !options.bursts.empty();
  auto monitor = monitor::Monitor::start(
      {.session = session_options(common),
       .tcp = !common.no_connections,
       .allowances = counters ? monitor::AllowanceScope::counted : monitor::AllowanceScope::none},
      *loop, notices);
  if (!monitor) return print_start_error(monitor.error(), common.choice.host_root);
  auto files = open_files(options, *setup, *loop, (*monitor)->session(), notices);
  if (!files) {
    return files.error().code == EPIPE ? number(ExitCode::fine) : print_error(files.error());
  }
  notices.deliver_to(say);
  return Record(common, *loop, **monitor, *std::move(files)).run();
}

}  // namespace

void add_record(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App& command = add_command(app, "record", "Write samples to a CSV file or to stdout");
  add_common_options(
      command, options->common,
      {.account = "Write only accounts whose path or name matches, such as '/system.slice/*' or "
                  "'shop/api-*', and (kernel)",
       .top = {.name = "--top",
               .help = "Number of accounts in the summary at the end",
               .fallback = "5"},
       .csv = "Append samples to this file; - is stdout",
       .csv_fallback = "-"});
  add_connections_option(command, options->common.no_connections);
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
