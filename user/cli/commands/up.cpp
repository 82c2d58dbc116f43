// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/process.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "core/base/quantity.h"
#include "monitor/pinned/keeper.h"

namespace cgtally::cli {
namespace {

struct UpOptions {
  monitor::KeeperOptions keeper;
  bool keep = false;
};

// A keeper in the background has no terminal: its notices go to the system's log.
// What is written to `ready` says that it has begun.
int keep_in_background(monitor::Keeper& keeper, monitor::EventLoop& loop, monitor::Notices& notices,
                       sys::Fd ready) {
  ::setsid();
  const sys::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::dup2(null.get(), standard);
  }
  if (::chdir("/") != 0) {
    return number(ExitCode::failed);
  }
  notices.deliver_to(sys::log_notice);
  const auto kept = keeper.run(loop, [&ready] {
    (void)!::write(ready.get(), "", 1);
    ready = sys::Fd();
  });
  if (!kept) {
    sys::log_notice(fmt::format("the keeper ends: {}", kept.error().what));
  }
  return number(kept ? ExitCode::fine : ExitCode::failed);
}

int keep_in_foreground(monitor::Keeper& keeper, monitor::EventLoop& loop) {
  const auto kept = keeper.run(loop, [] {
    say("the keeper runs; Ctrl-C ends the keeper, and the ledger stays up");
    sys::notify_ready();
  });
  if (!kept) {
    return print_error(kept.error());
  }
  say(keeper.asked_to_end() ? "the keeper has ended: another cgtally takes the ledger down or over"
                            : "the keeper has ended, and the ledger goes on counting; cgtally down "
                              "detaches the ledger");
  return number(ExitCode::fine);
}

// Waits until the keeper has begun: from then on containers that are already there have their
// names, and a script may go on.
int start_in_background(monitor::Keeper& keeper, monitor::EventLoop& loop,
                        monitor::Notices& notices) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return print_error(sys::error_from(errno, "start the keeper"));
  }
  const sys::Fd begun(ends[0]);
  sys::Fd ready(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    return print_error(sys::error_from(errno, "start the keeper"));
  }
  if (child == 0) {
    ::_exit(keep_in_background(keeper, loop, notices, std::move(ready)));
  }
  ready = sys::Fd();
  char byte = 0;
  while (::read(begun.get(), &byte, 1) < 0 && errno == EINTR) {
  }
  say(fmt::format("process {} keeps it: cgtally status; cgtally down", child));
  return number(ExitCode::fine);
}

int run_up(const UpOptions& options) {
  auto loop = monitor::EventLoop::open();
  if (!loop) {
    return print_error(loop.error());
  }
  monitor::Notices notices;
  monitor::KeeperOptions how = options.keeper;
  how.asked_to_end = [&loop] { return loop->asked_to_end(); };
  auto keeper = monitor::Keeper::start(how, notices);
  if (!keeper) {
    return print_start_error(keeper.error(), options.keeper.choice.host_root);
  }
  notices.deliver_to(say);
  say(fmt::format("counting {}, to stay", (*keeper)->describe_interfaces()));
  if (options.keep) {
    return keep_in_foreground(**keeper, *loop);
  }
  return start_in_background(**keeper, *loop, notices);
}

}  // namespace

void add_up(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<UpOptions>();
  CLI::App& command =
      add_command(app, "up", "Pin the ledger: counting continues after cgtally has ended");
  add_interface_options(command, options->keeper.choice);
  add_flag(command,
           {.name = "--keep",
            .help = "Stay in the foreground as the keeper, for a systemd unit or a container",
            .fallback = "leave a keeper in the background"},
           options->keep);
  add_flag(command,
           {.name = "--lo",
            .help = "Attach to lo, too, in the network namespaces that containers share: names the "
                    "port that refused a connection there, and the container that asked for it",
            .fallback = "refusals are counted, but not named"},
           options->keeper.loopback);
  add_flag(command,
           {.name = "--migrate", .help = "Take over the totals of the ledger of an older cgtally"},
           options->keeper.migrate);
  add_slots_option(command, options->keeper.slots);
  add_host_root_option(command, options->keeper.choice.host_root);
  add_bpffs_option(command, options->keeper.bpffs);
  on_chosen(command, [options, &run] { run = [options] { return run_up(*options); }; });
}

}  // namespace cgtally::cli
