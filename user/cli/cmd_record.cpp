// SPDX-License-Identifier: Apache-2.0
#include "cli/cmd_record.h"

#include <cerrno>
#include <memory>

#include "adapters/sys/host.h"
#include "cli/allowance_recorder.h"
#include "cli/complain.h"
#include "cli/connection_watch.h"
#include "cli/counting.h"
#include "cli/recorder.h"

namespace cgtally::cli {
namespace {

struct RecordOptions : CommonOptions {
  std::string allowances;  // path or empty
};

class Record {
 public:
  Record(const RecordOptions& options, Rounds& rounds, Session& session, Recorder& recorder,
         std::optional<AllowanceRecorder> allowances)
      : options_(options),
        rounds_(rounds),
        session_(session),
        recorder_(recorder),
        connections_(options.host_root),
        allowance_watch_(options.host_root),
        allowances_(std::move(allowances)) {}

  int run() {
    round();
    say_beginning(session_, options_);
    if (auto ran = rounds_.run(options_.interval, options_.length(), [this] { round(); }); !ran) {
      return complain(ran.error());
    }
    if (closed_) {
      return number(ExitCode::fine);
    }
    if (recorder_.failing()) {
      totals_.add(recorder_.samples());
    }
    say_summary(session_, totals_, options_);
    if (allowances_ && allowances_->failure()) {
      complain(*allowances_->failure());
      return recorder_.failing() ? complain(recorder_.missing_rows()) : number(ExitCode::failed);
    }
    return recorder_.failing() ? complain(recorder_.missing_rows()) : number(ExitCode::fine);
  }

 private:
  void round() {
    const Reading reading = session_.read();
    look_around(reading);
    const auto outcome = recorder_.take(
        reading, [this](std::uint64_t id) { return session_.name_of(id); },
        [this](InterfaceKey key) { return session_.interface_name(key); });
    if (outcome == Recorder::Outcome::closed) {
      closed_ = true;
      rounds_.abandon();
      return;
    }
    if (outcome == Recorder::Outcome::written) {
      totals_.add(recorder_.samples());
    }
    say_all(session_.take_notices());
    say_all(recorder_.take_notices());
    say_all(connections_.take_notices());
  }

  void look_around(const Reading& reading) {
    if (connections_.look(reading.taken)) {
      recorder_.add(connections_.connections(), connections_.complete());
    }
    if (!allowances_) {
      return;
    }
    const auto look =
        allowance_watch_.look(reading, [this] { return session_.counted_interfaces(); });
    if (!look) {
      return;
    }
    const bool first = look->interval == Nanoseconds::zero();
    if (first && allowance_watch_.without_any()) {
      say("no allowance counters on " + session_.counted() + ": only the ENA driver has them");
    }
    allowances_->take(*look);
    say_all(allowance_watch_.take_notices());
    say_all(allowances_->take_notices());
  }

  static void say_all(const std::vector<std::string>& notices) {
    for (const std::string& notice : notices) {
      say(notice);
    }
  }

  const RecordOptions& options_;
  Rounds& rounds_;
  Session& session_;
  Recorder& recorder_;
  ConnectionWatch connections_;
  AllowanceWatch allowance_watch_;
  std::optional<AllowanceRecorder> allowances_;
  RunTotals totals_;
  bool closed_ = false;
};

int run_record(const RecordOptions& options) {
  if (options.allowances == "-" && (options.csv.empty() || options.csv == "-")) {
    return complain({.what = "--allowances -: the samples go to stdout already",
                     .cure = "write one of them to a file",
                     .failure = Failure::usage});
  }
  auto rounds = Rounds::open();
  if (!rounds) {
    return complain(rounds.error());
  }
  auto session = start_counting(options, *rounds);
  if (!session) {
    return complain_of_start(session.error(), options.host_root);
  }
  auto recorder = Recorder::open(options.csv.empty() ? "-" : options.csv, sys::host_name(),
                                 options.account, rounds->waiting());
  if (!recorder) {
    return recorder.error().code == EPIPE ? number(ExitCode::fine) : complain(recorder.error());
  }
  std::optional<AllowanceRecorder> allowances;
  if (!options.allowances.empty()) {
    auto opened = AllowanceRecorder::open(options.allowances, sys::host_name(), rounds->waiting());
    if (!opened) {
      return complain(opened.error());
    }
    allowances.emplace(std::move(*opened));
  }
  return Record(options, *rounds, **session, *recorder, std::move(allowances)).run();
}

}  // namespace

void add_record(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* command = app.add_subcommand("record", "Write samples to CSV: stdout, or --csv FILE");
  add_common_options(*command, *options);
  command->get_option("--csv")->description("Write to this file, appending (default: -, stdout)");
  command->get_option("--account")
      ->description("Write only accounts that match, such as '/system.slice/*',\nand (kernel)");
  command->get_option("--top")->description("Accounts in the summary at the end (default 5)");
  command
      ->add_option("--allowances", options->allowances,
                   "Write ENA's allowance counters to this file too, once a second")
      ->type_name("FILE");
  command->callback([options, &run] { run = [options] { return run_record(*options); }; });
}

}  // namespace cgtally::cli
