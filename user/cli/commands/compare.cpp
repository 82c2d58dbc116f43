// SPDX-License-Identifier: Apache-2.0
// The original against its mirror, from recordings or while both run. The report comes at the end,
// on stdout unless the rows go there.
#include "cli/commands/commands.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/comparisons/compared_intervals.h"
#include "adapters/terminal/terminal.h"
#include "cli/commands/start_session.h"
#include "cli/options/compare.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "core/compare/screen.h"
#include "monitor/collectors/monitor.h"
#include "monitor/offline/mirror_comparison.h"
#include "monitor/offline/new_csv.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kUsualRows = 20;
// A running comparison is tested again when it is longer by this part.
constexpr std::size_t kTestedParts = 300;

struct ComparisonOptions {
  CommonOptions common;
  std::optional<Nanoseconds> interval;
  monitor::ComparisonRequest request;
};

// Options that would do nothing with recordings are refused, never ignored.
Result<void> check_files(const ComparisonOptions& options) {
  const CommonOptions& common = options.common;
  const char* const useless = common.duration                ? "--duration"
                              : options.interval             ? "--interval"
                              : !common.choice.netns.empty() ? "--netns"
                              : common.private_ledger        ? "--private"
                              : common.slots.has_value()     ? "--slots"
                                                             : nullptr;
  if (useless == nullptr) return {};
  return std::unexpected(
      usage_error(fmt::format("{} does nothing with recordings", useless),
                  fmt::format("leave {} out, or the files, to count now", useless)));
}

// Shows the report and writes the rows; the exit code says whether something is missing.
int finish(const compare::CompareReport& report, const ComparisonOptions& options) {
  monitor::NewCsv rows(options.common.rows, csv::compared_header());
  if (rows.wanted()) {
    for (std::string& row : csv::compared_rows(report)) {
      if (auto added = rows.add(std::move(row)); !added) return print_error(added.error());
    }
    if (auto written = rows.finish(); !written && written.error().code != EPIPE) {
      return print_error(written.error());
    }
  }
  const std::string screen = compare::compare_screen(
      report, {.original = options.request.sides.original, .mirror = options.request.sides.mirror},
      options.common.top.value_or(kUsualRows));
  const int shown = print_answer(screen, options.common.rows.to_stdout());
  if (shown != number(ExitCode::fine)) return shown;
  return number(report.complete() ? ExitCode::fine : ExitCode::limit_crossed);
}

// Both sides while they run. What is missing is said when it is found, and the report is made at
// the end.
class RunningComparison {
 public:
  RunningComparison(const ComparisonOptions& options, monitor::EventLoop& loop,
                    monitor::Monitor& monitor)
      : options_(options), loop_(loop), monitor_(monitor), rows_(options.request.sides) {}

  int run() {
    (void)monitor_.tick();
    say_beginning(monitor_.session(), options_.common);
    const CommonOptions& common = options_.common;
    if (auto ran = loop_.run(common.interval, common.length(), [this] { tick(); }); !ran) {
      return print_error(ran.error());
    }
    if (failure_) return print_error(*failure_);
    const auto report = monitor::compare_rows(rows_, options_.request);
    return report ? finish(*report, options_) : print_error(report.error());
  }

 private:
  void tick() {
    const monitor::Snapshot snapshot = monitor_.tick();
    for (const Sample& sample : snapshot.samples) {
      auto added = rows_.add(sample);
      if (added) continue;
      failure_ = added.error();
      loop_.abandon();
      return;
    }
    if (++ticks_ < next_test_) return;
    next_test_ = ticks_ + 1 + ticks_ / kTestedParts;
    test();
  }

  // A side without an account yet is no error before the end.
  void test() {
    const auto report = monitor::compare_rows(rows_, options_.request);
    if (!report || !report->lost || report->lost->stretches <= said_) return;
    said_ = report->lost->stretches;
    std::string text = compare::verdict_text(*report);
    text.pop_back();
    say(text);
  }

  const ComparisonOptions& options_;
  monitor::EventLoop& loop_;
  monitor::Monitor& monitor_;
  compare::SeriesBuilder rows_;
  std::size_t ticks_ = 0;
  std::size_t next_test_ = 2;
  std::size_t said_ = 0;
  std::optional<Error> failure_;
};

int run_live(ComparisonOptions options) {
  CommonOptions& common = options.common;
  common.interval = options.interval.value_or(common.interval);
  // The rows are summed by name here: the end of each container is needed.
  common.by = Grouping::cgroup;
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  monitor::Notices notices;
  auto monitor = monitor::Monitor::start({.session = session_options(common), .samples = true},
                                         *loop, notices);
  if (!monitor) return print_start_error(monitor.error(), common.choice.host_root);
  notices.deliver_to(say);
  return RunningComparison(options, *loop, **monitor).run();
}

int run_compare(const ComparisonOptions& options) {
  if (auto checked = monitor::NewCsv::check(options.common.rows); !checked) {
    return print_error(checked.error());
  }
  if (options.request.files.empty()) return run_live(options);
  if (auto checked = check_files(options); !checked) return print_error(checked.error());
  monitor::ComparisonRequest request = options.request;
  request.interfaces = options.common.choice.interfaces;
  const auto report = monitor::compare_recordings(request);
  return report ? finish(*report, options) : print_error(report.error());
}

}  // namespace

void add_compare(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ComparisonOptions>();
  CommonOptions& common = options->common;
  monitor::ComparisonRequest& request = options->request;
  CLI::App& command = add_command(
      app, "compare", "Compare a service with its mirror, and tell which requests never came");
  add_argument(command, "ORIGINAL", "Accounts of the original, such as 'shop/api-*', as --account",
               request.sides.original);
  add_argument(command, "MIRROR", "Accounts of the mirror, likewise", request.sides.mirror);
  add_files(command, "Recordings of one host or several; without any, both are counted now", false,
            request.files);
  add_expectation_options(command, request.options);
  add_by_option(command, request.sides.by);
  add_list(command,
           {.name = "-i,--iface",
            .help = "Interface to compare on; repeatable",
            .fallback = "all of the recordings; every uplink, or the default route's device"},
           "NAME|GLOB", common.choice.interfaces);
  add_list(command,
           {.name = "--netns",
            .help = "Network namespace to count in, by name or glob, or all; repeatable",
            .fallback = "the one that cgtally runs in"},
           "NAME|PID|PATH", common.choice.netns);
  add_time(command, {.name = "--interval", .help = "Time between two readings", .fallback = "1s"},
           kIntervals, into(options->interval));
  add_duration_option(command, common.duration);
  add_count(command,
            {.name = "--top",
             .help = "Show N lines of what is outside of the expected",
             .fallback = fmt::format("{}", kUsualRows)},
            kTops, into(common.top));
  add_row_options(command, common.rows,
                  "Write a row for each interval and quantity to this new file; - is stdout");
  add_host_root_option(command, common.choice.host_root);
  add_slots_option(command, common.slots);
  add_bpffs_option(command, common.bpffs);
  add_private_option(command, common.private_ledger);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_compare(*options); }; });
}

}  // namespace cgtally::cli
