// SPDX-License-Identifier: Apache-2.0
// Tells begins and ends of containers as they happen, and at the end of the run what would have
// covered the losses: on stdout, unless the rows go there.
#include "cli/commands/commands.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/sys/clock.h"
#include "adapters/terminal/terminal.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "core/base/text.h"
#include "core/containers/grouping.h"
#include "core/lifecycle/advice.h"
#include "core/lifecycle/lines.h"
#include "monitor/event_loop.h"
#include "monitor/lifecycle/lifecycle_monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::cli {
namespace {

constexpr Nanoseconds kUsualSince = std::chrono::minutes{10};
constexpr Nanoseconds kBetweenLooks = std::chrono::seconds{1};
// News of cgroups may come in crowds.
constexpr Nanoseconds kLeastBetweenTicks = std::chrono::milliseconds{100};

struct LifecycleCommand {
  monitor::LifecycleOptions lifecycle;
  std::optional<Nanoseconds> duration;
  bool once = false;
  csv::RowFile rows;

  [[nodiscard]] bool shows_lines() const { return !rows.to_stdout(); }
};

// One run. Writes nothing any more once the reader of stdout or of the CSV has gone.
class LifecycleRun {
 public:
  LifecycleRun(const LifecycleCommand& options, monitor::EventLoop& loop,
               monitor::LifecycleMonitor& monitor, std::optional<monitor::RowWriter> rows)
      : options_(options), loop_(loop), monitor_(monitor), rows_(std::move(rows)) {}

  int run() {
    if (auto followed = follow(); !followed) return print_error(followed.error());
    const std::vector<lifecycle::Row> past = monitor_.tick();
    if (rows_) {
      if (auto begun = rows_->begin(); !begun) {
        return begun.error().code == EPIPE ? number(ExitCode::fine) : print_error(begun.error());
      }
    }
    if (!options_.once)
      say(fmt::format("{}; ends are told when nothing comes any more", monitor_.describe()));
    show(past);
    if (!options_.once && !closed_) {
      if (auto ran = loop_.run(kBetweenLooks, options_.duration, [this] { tick(); }); !ran) {
        return print_error(ran.error());
      }
    }
    if (!closed_) show(monitor_.finish());
    return end();
  }

 private:
  Result<void> follow() {
    if (options_.once) return {};
    return monitor_.follow_changes(loop_.poller(), [this] {
      if (sys::now().boot - last_ >= kLeastBetweenTicks) tick();
    });
  }

  void tick() {
    last_ = sys::now().boot;
    show(monitor_.tick());
  }

  void show(const std::vector<lifecycle::Row>& rows) {
    if (rows.empty() || closed_) return;
    if (options_.shows_lines()) {
      std::string text;
      for (const lifecycle::Row& row : rows) {
        for (const std::string& line :
             lifecycle::lines_of(row, terminal::size(STDOUT_FILENO).columns)) {
          text += fmt::format("{}\n", line);
        }
      }
      write(text);
    }
    if (!rows_) return;
    for (const lifecycle::Row& row : rows) rows_->put(csv::lifecycle_row(row));
    if (!rows_->write()) close();
  }

  void write(const std::string& text) {
    const auto written = terminal::write_all(STDOUT_FILENO, printable_lines(text));
    if (written) return;
    if (written.error().code != EPIPE) failure_ = written.error();
    close();
  }

  void close() {
    closed_ = true;
    loop_.abandon();
  }

  int end() {
    if (closed_) return failure_ ? print_error(*failure_) : number(ExitCode::fine);
    const std::vector<std::string> advice = lifecycle::advice_of(monitor_.history());
    if (!advice.empty() && options_.shows_lines()) {
      write(fmt::format("\n{}\n", fmt::join(advice, "\n")));
    } else if (!advice.empty()) {
      print_block(advice);
    }
    if (failure_) return print_error(*failure_);
    const auto missing = rows_ ? rows_->missing_rows() : std::nullopt;
    return missing ? print_error(*missing) : number(ExitCode::fine);
  }

  const LifecycleCommand& options_;
  monitor::EventLoop& loop_;
  monitor::LifecycleMonitor& monitor_;
  std::optional<monitor::RowWriter> rows_;
  std::optional<Error> failure_;
  Nanoseconds last_{};
  bool closed_ = false;
};

int run_lifecycle(const LifecycleCommand& options) {
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  monitor::Notices notices;
  auto monitor = monitor::LifecycleMonitor::start(options.lifecycle, notices);
  if (!monitor) return print_start_error(monitor.error(), options.lifecycle.host_root);
  std::optional<monitor::RowWriter> rows;
  if (!options.rows.empty()) {
    auto opened = monitor::RowWriter::open(options.rows, csv::lifecycle_header(), "begins and ends",
                                           loop->waiting(), notices);
    if (!opened) return print_error(opened.error());
    rows.emplace(*std::move(opened));
  }
  notices.deliver_to(say);
  return LifecycleRun(options, *loop, **monitor, std::move(rows)).run();
}

}  // namespace

void add_lifecycle(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<LifecycleCommand>();
  options->lifecycle.since = kUsualSince;
  CLI::App& command = add_command(
      app, "lifecycle", "Tell containers as they begin and end, and what still came after");
  add_time(command,
           {.name = "--since",
            .help = "Tell also the begins and ends of this long before now, as far as the ledger "
                    "knows them",
            .fallback = "10m"},
           kAnyTime, into(options->lifecycle.since));
  add_duration_option(command, options->duration);
  add_flag(command, {.name = "--once", .help = "Tell what the ledger knows, and end"},
           options->once);
  add_text(command,
           {.name = "--account",
            .help = "Show only containers whose path or name matches, such as 'shop/api-*'"},
           "GLOB", options->lifecycle.account);
  std::vector<std::string> names(kGroupingNames.all().begin(), kGroupingNames.all().end());
  add_choice(command,
             {.name = "--by",
              .help = "Name whose ends are compared; with unit, units of systemd are told, too",
              .fallback = "namespace, workload and container"},
             std::move(names), into(options->lifecycle.by));
  add_row_options(command, options->rows, "Append the rows to this file; - is stdout");
  add_host_root_option(command, options->lifecycle.host_root);
  add_bpffs_option(command, options->lifecycle.bpffs);
  add_version(command);
  exclude_each_other(command, "--once", "--duration");
  on_chosen(command, [options, &run] { run = [options] { return run_lifecycle(*options); }; });
}

}  // namespace cgtally::cli
