// SPDX-License-Identifier: Apache-2.0
// Reads the files one after the other, a row at a time. The report comes at the end, on stdout
// unless the rows go there; before it, on a terminal, the screen.
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "adapters/csv/recordings.h"
#include "adapters/csv/samples.h"
#include "adapters/terminal/terminal.h"
#include "cli/commands/replay_screen.h"
#include "cli/options/common.h"
#include "cli/options/replay.h"
#include "cli/output/interactive.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "core/base/glob.h"
#include "core/containers/grouping.h"
#include "core/groups/sample_groups.h"
#include "core/replay/replay.h"
#include "core/replay/screen.h"
#include "monitor/offline/credit_replayer.h"
#include "monitor/offline/lifecycle_replay.h"
#include "monitor/offline/new_csv.h"
#include "monitor/offline/node_credits.h"
#include "monitor/offline/series_nodes.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kUsualTop = 10;

struct ReplayOptions {
  std::vector<std::string> files;
  std::vector<std::string> interfaces;
  std::string account;
  Grouping by = Grouping::cgroup;
  std::optional<std::size_t> top;
  csv::RowFile rows;
  bool lifecycle = false;
  bool text = false;
  monitor::ReplayCreditOptions credits;
};

// Reads the recordings of one `cgtally replay`, for run_replay(): recomputes the rows, writes the
// CSV and feeds the credit model on the way. Prints nothing.
class ReplayRun {
 public:
  ReplayRun(const ReplayOptions& options, std::vector<text::Input>& inputs,
            std::unique_ptr<monitor::CreditReplayer> credits, screen::Timeline* timeline)
      : options_(options),
        inputs_(inputs),
        replay_([this](const Sample& row) { return wanted(row); }, options.by),
        groups_(options.by),
        rewritten_(options.rows, csv::samples_header()),
        credits_(std::move(credits)),
        timeline_(timeline) {}

  Result<std::string> screen() {
    if (auto done = read(); !done) return std::unexpected(std::move(done).error());
    if (compares()) return credits_->finish(options_.rows);
    if (auto out = write(groups_.finish()); !out) return std::unexpected(std::move(out).error());
    const ReplayReport report = std::move(replay_).finish();
    if (report.interfaces.empty()) {
      return std::unexpected(csv::no_match("interface", {interfaces_.begin(), interfaces_.end()}));
    }
    if (report.accounts.empty()) {
      return std::unexpected(csv::no_match("account", {accounts_.begin(), accounts_.end()}));
    }
    std::string screen = replay_screen(report, options_.top.value_or(kUsualTop));
    if (credits_) {
      auto credits = credits_->finish({});
      if (!credits) return credits;
      screen += fmt::format("\n{}", *credits);
    }
    if (auto out = rewritten_.finish(); !out) return std::unexpected(std::move(out).error());
    return screen;
  }

 private:
  Result<void> read() {
    return csv::read_recordings(inputs_, [this](const Sample& row, const std::string& location) {
      return process(row, location);
    });
  }

  Result<void> process(const Sample& row, const std::string& location) {
    if (interfaces_.size() < kNamed) {
      interfaces_.insert(row.iface);
    }
    if (!on_interface(row)) return {};
    if (accounts_.size() < kNamed) {
      accounts_.insert(as_group(options_.by, row).account);
    }
    auto sample = replay_.add(row, location);
    if (!sample) return std::unexpected(std::move(sample).error().within(location));
    if (timeline_ != nullptr) timeline_->add(*sample);
    if (credits_ && (!options_.interfaces.empty() || csv::may_be_uplink(row.iface))) {
      const Sample charge = compares() ? *sample : as_group(options_.by, *sample);
      if (auto charged = credits_->add(charge); !charged) return charged;
    }
    if (options_.rows.empty() || compares() || !wanted(as_group(options_.by, row))) return {};
    return write(groups_.add(*sample));
  }

  Result<void> write(const std::vector<Sample>& rows) {
    for (const Sample& row : rows) {
      if (auto written = rewritten_.add(csv::samples_row(row)); !written) return written;
    }
    return {};
  }

  // Types are set side by side, and --csv or --json has their rows.
  [[nodiscard]] bool compares() const { return !options_.credits.as.empty(); }

  [[nodiscard]] bool wanted(const Sample& row) const {
    return account_passes(options_.account, row.account, row.owner());
  }

  [[nodiscard]] bool on_interface(const Sample& row) const {
    return options_.interfaces.empty() ||
           std::ranges::any_of(options_.interfaces, [&row](const std::string& glob) {
             return matches_glob(glob, row.iface);
           });
  }

  static constexpr std::size_t kNamed = 20;  // for an error's hint, that many names are enough
  const ReplayOptions& options_;
  std::vector<text::Input>& inputs_;
  Replay replay_;
  SampleGroups groups_;
  monitor::NewCsv rewritten_;                         // the rows as they were recomputed
  std::unique_ptr<monitor::CreditReplayer> credits_;  // none: nobody asked
  std::set<std::string> interfaces_;
  std::set<std::string> accounts_;
  screen::Timeline* timeline_;  // nullptr: no screen
};

// Options that would do nothing with such files are refused, never ignored.
Result<void> check_foreign(const ReplayOptions& options, const text::Input& first) {
  const char* const useless = options.by != Grouping::cgroup ? "--by"
                              : !options.account.empty()     ? "--account"
                              : options.top.has_value()      ? "--top"
                                                             : nullptr;
  if (useless == nullptr) return {};
  return std::unexpected(
      usage_error(fmt::format("{} has no accounts: {} does nothing", first.name(), useless),
                  fmt::format("leave {} out", useless)));
}

Result<void> check_ours(const ReplayOptions& options, const text::Input& first) {
  const std::string useless = options.credits.foreign_options();
  if (useless.empty()) return {};
  return std::unexpected(usage_error(
      fmt::format("{} is a recording of cgtally: {} would do nothing", first.name(), useless),
      "leave out what is for files of other monitors"));
}

Result<std::string> lifecycle_of(const ReplayOptions& options) {
  if (options.credits.wanted() || options.top) {
    return std::unexpected(
        usage_error("--lifecycle tells begins and ends, and neither credits nor top accounts",
                    "leave out --top and what is for credits"));
  }
  auto inputs = csv::open_inputs(options.files);
  if (!inputs) return std::unexpected(std::move(inputs).error());
  return monitor::replay_lifecycle(*inputs, {.interfaces = options.interfaces,
                                             .account = options.account,
                                             .by = options.by,
                                             .rows = options.rows});
}

// `timeline`: filled from recordings of samples, unless it is nullptr.
Result<std::string> screen_of(const ReplayOptions& options, screen::Timeline* timeline) {
  if (auto checked = monitor::NewCsv::check(options.rows); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  if (options.lifecycle) return lifecycle_of(options);
  if (auto checked = monitor::check(options.credits); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  auto inputs = csv::open_inputs(options.files);
  if (!inputs) return std::unexpected(std::move(inputs).error());
  const auto kind = monitor::kind_of(*inputs);
  if (!kind) return std::unexpected(kind.error());
  const bool foreign = *kind == monitor::FilesKind::foreign;
  auto checked =
      foreign ? check_foreign(options, inputs->front()) : check_ours(options, inputs->front());
  if (!checked) return std::unexpected(std::move(checked).error());
  if (foreign) {
    auto read = options.credits.read;
    read.interfaces = options.interfaces;
    auto nodes = monitor::read_nodes(*inputs, read, options.credits.by_file);
    if (!nodes) return std::unexpected(std::move(nodes).error());
    if (!options.credits.as.empty()) {
      return monitor::compare_types(*std::move(nodes), options.credits, options.rows);
    }
    return monitor::judge_nodes(*std::move(nodes), options.credits, options.rows);
  }
  std::unique_ptr<monitor::CreditReplayer> credits;
  if (options.credits.wanted()) {
    auto started = monitor::CreditReplayer::start(options.credits);
    if (!started) return std::unexpected(std::move(started).error());
    credits = *std::move(started);
  }
  return ReplayRun(options, *inputs, std::move(credits), timeline).screen();
}

// Somebody looks at a terminal and asks for no analysis that only the report has.
std::optional<ReplayView> interactive_view(const ReplayOptions& options) {
  if (options.text || options.lifecycle || options.credits.wanted() || !options.rows.empty() ||
      ::isatty(STDIN_FILENO) != 1) {
    return std::nullopt;
  }
  auto found = Interactive::find_terminal();
  if (!found) return std::nullopt;
  ReplayView view{.terminal = *std::move(found), .view = {}, .top = options.top};
  view.view.by = options.by;
  view.view.account_glob = options.account;
  return view;
}

int run_replay(const ReplayOptions& options) {
  const auto view = interactive_view(options);
  screen::Timeline timeline;
  auto screen = screen_of(options, view ? &timeline : nullptr);
  timeline.finish();
  if (screen && timeline.size() > 0) {
    if (const auto failed = show_timeline(timeline, *view)) return *failed;
  }
  const bool rows_on_stdout = options.rows.to_stdout() || options.credits.rows.to_stdout();
  if (!screen) return exit_code_of_output(std::unexpected(std::move(screen).error()));
  return print_answer(*screen, rows_on_stdout);
}

}  // namespace

void add_replay(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App& command = add_command(
      app, "replay",
      "Show recorded samples: a screen on a terminal, then rates, peaks and top accounts");
  add_files(command, "Recordings, the oldest first, or files of other monitors; - is stdin", true,
            options->files);
  add_list(command,
           {.name = "-i,--iface",
            .help = "Interface to show; of files of other monitors the one to judge; repeatable",
            .fallback = "all"},
           "NAME|GLOB", options->interfaces);
  add_text(command,
           {.name = "--account",
            .help = "Show only accounts whose path or name matches, such as '/system.slice/*' or "
                    "'shop/api-*'"},
           "GLOB", options->account);
  add_by_option(command, options->by);
  add_count(command,
            {.name = "--top",
             .help = "Show N accounts, and the others as one",
             .fallback = fmt::format("{}", kUsualTop)},
            kTops, into(options->top));
  add_row_options(command, options->rows,
                  "Write the rows to this new file, with deltas and rates computed from the "
                  "totals; with --as, a row for each type and direction; of files of other "
                  "monitors a row for each node and direction; - is stdout");
  add_flag(command,
           {.name = "--lifecycle",
            .help = "Tell begins and ends of containers, of samples or of CSVs of lifecycle"},
           options->lifecycle);
  add_flag(command,
           {.name = "--text",
            .help = "Print the report and open no screen, as where stdout is no terminal"},
           options->text);
  add_replay_credit_options(command, options->credits);
  on_chosen(command, [options, &run] {
    options->credits.rows.plain_names = options->rows.plain_names;
    run = [options] { return run_replay(*options); };
  });
}

}  // namespace cgtally::cli
