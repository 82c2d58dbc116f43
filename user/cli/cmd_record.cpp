// SPDX-License-Identifier: Apache-2.0
#include "cli/cmd_record.h"

#include <cerrno>
#include <memory>

#include "adapters/sys/host.h"
#include "cli/complain.h"
#include "cli/counting.h"
#include "cli/recorder.h"

namespace cgtally::cli {
namespace {

class Record {
 public:
  Record(const CommonOptions& options, Rounds& rounds, Session& session, Recorder& recorder)
      : options_(options), rounds_(rounds), session_(session), recorder_(recorder) {}

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
    return recorder_.failing() ? complain(recorder_.missing_rows()) : number(ExitCode::fine);
  }

 private:
  void round() {
    const auto outcome = recorder_.take(
        session_.read(), [this](std::uint64_t id) { return session_.name_of(id); },
        [this](InterfaceKey key) { return session_.interface_name(key); });
    if (outcome == Recorder::Outcome::closed) {
      closed_ = true;
      rounds_.abandon();
      return;
    }
    if (outcome == Recorder::Outcome::written) {
      totals_.add(recorder_.samples());
    }
    for (const std::string& notice : session_.take_notices()) {
      say(notice);
    }
    for (const std::string& notice : recorder_.take_notices()) {
      say(notice);
    }
  }

  const CommonOptions& options_;
  Rounds& rounds_;
  Session& session_;
  Recorder& recorder_;
  RunTotals totals_;
  bool closed_ = false;
};

int run_record(const CommonOptions& options) {
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
  return Record(options, *rounds, **session, *recorder).run();
}

}  // namespace

void add_record(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command = app.add_subcommand("record", "Write samples to CSV: stdout, or --csv FILE");
  add_common_options(*command, *options);
  command->get_option("--csv")->description("Write to this file, appending (default: -, stdout)");
  command->get_option("--account")
      ->description("Write only accounts that match, such as '/system.slice/*',\nand (kernel)");
  command->get_option("--top")->description("Accounts in the summary at the end (default 5)");
  command->callback([options, &run] { run = [options] { return run_record(*options); }; });
}

}  // namespace cgtally::cli
