// SPDX-License-Identifier: Apache-2.0
// Serves the figures of this node, or of a recording, by HTTP: for Prometheus, for a browser, for
// programs.
#include <fmt/core.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "adapters/http/server.h"
#include "adapters/sys/host.h"
#include "adapters/text/line.h"
#include "cli/commands/commands.h"
#include "cli/commands/start_session.h"
#include "cli/options/instance.h"
#include "cli/options/version.h"
#include "cli/output/messages.h"
#include "core/serve/access.h"
#include "monitor/collectors/monitor.h"
#include "monitor/live/live_extras.h"
#include "monitor/serve/node_collector.h"
#include "monitor/serve/replay_collector.h"
#include "monitor/serve/router.h"

namespace cgtally::cli {
namespace {

constexpr std::size_t kAccountsWithSeries = 1000;

struct ServeOptions {
  CommonOptions common;
  monitor::CreditOptions credits;
  serve::ListenAddress listen;
  std::string token_file;
  std::vector<std::string> hosts;
  std::vector<std::string> replay;
};

// The token is the file's first line, so that an editor's line break at its end does no harm.
Result<std::string> read_token(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !text::read_line(file, line).value_or(false)) {
    return std::unexpected(Error{.what = fmt::format("{} cannot be read, or is empty", path),
                                 .hint = "write a token into it: openssl rand -hex 32"});
  }
  auto token = serve::checked_token(line);
  if (!token) token.error().what = fmt::format("the token in {} {}", path, token.error().what);
  return token;
}

Result<monitor::AccessRules> access_rules(const ServeOptions& options) {
  monitor::AccessRules rules{.token = {}, .hosts = options.hosts};
  rules.hosts.push_back(sys::host_name());
  if (options.token_file.empty()) {
    if (options.listen.is_loopback()) return rules;
    return std::unexpected(
        usage_error(fmt::format("{} can be reached from other hosts, which must not see the names "
                                "of accounts without a token",
                                options.listen.address),
                    "give --token FILE, or listen on 127.0.0.1"));
  }
  auto token = read_token(options.token_file);
  if (!token) return std::unexpected(std::move(token).error());
  rules.token = *std::move(token);
  return rules;
}

// Runs server and loop for any collector, one of counts or one of a recording.
template <typename Collector>
int serve_states(const ServeOptions& options, monitor::AccessRules rules, Collector& collector,
                 monitor::EventLoop& loop) {
  monitor::Router router(std::move(rules));
  router.publish(collector.start());
  std::atomic<http::Server*> running = nullptr;  // the server asks before this thread knows it
  router.count_by([&running] {
    const http::Server* const one = running;
    return one != nullptr ? one->counts() : http::ServerCounts{};
  });
  auto server = http::Server::start(
      {.address = options.listen.address, .port = options.listen.port}, http::ServerLimits{},
      [&router](const http::Request& request) { return router.answer(request); },
      [&router] { return router.next_event(); });
  if (!server) return print_error(server.error());
  running = server->get();
  serve::ListenAddress place = options.listen;
  place.port = (*server)->port();
  say(fmt::format("serving {}/, {}/metrics and {}/api/v1/snapshot; Ctrl-C ends it", place.url(),
                  place.url(), place.url()));
  const auto ran = loop.run(options.common.interval, options.common.duration, [&] {
    router.publish(collector.tick(router.acknowledged()));
    (*server)->announce();
  });
  server->reset();
  return ran ? number(ExitCode::fine) : print_error(ran.error());
}

monitor::NodeOptions node_options(const ServeOptions& options) {
  return {.version = program_version(),
          .host = sys::host_name(),
          .every = options.common.interval,
          .top = options.common.top.value_or(kAccountsWithSeries),
          .state_dir = options.credits.state_dir,
          .bpffs = options.common.bpffs,
          .host_root = options.common.choice.host_root,
          .wants_private = options.common.private_ledger};
}

int serve_recording(const ServeOptions& options, monitor::AccessRules rules,
                    monitor::EventLoop& loop) {
  auto collector = monitor::ReplayCollector::start(node_options(options), options.replay,
                                                   options.credits.instance);
  if (!collector) return print_error(collector.error());
  return serve_states(options, std::move(rules), **collector, loop);
}

int run_serve(const ServeOptions& options) {
  auto rules = access_rules(options);
  if (!rules) return print_error(rules.error());
  auto loop = monitor::EventLoop::open();
  if (!loop) return print_error(loop.error());
  if (!options.replay.empty()) return serve_recording(options, *std::move(rules), *loop);
  const auto bursts = monitor::set_up_bursts(options.credits.instance, options.common.choice, {});
  if (!bursts) return print_error(bursts.error());
  monitor::Notices notices;
  auto monitor = monitor::Monitor::start({.session = session_options(options.common),
                                          .samples = true,
                                          .tcp = !options.common.no_connections},
                                         *loop, notices);
  if (!monitor) return print_start_error(monitor.error(), options.common.choice.host_root);
  monitor::NoticeLog log;
  notices.deliver_to([&log](const std::string& notice) {
    log.add(notice);
    say(notice);
  });
  monitor::LiveExtras extras(options.common.choice, options.credits, *bursts, **monitor,
                             loop->poller(), notices, monitor::CreditRole::owner);
  monitor::NodeCollector collector(node_options(options), **monitor, extras, log, notices);
  const int code = serve_states(options, *std::move(rules), collector, *loop);
  collector.finish();
  return code;
}

void add_serve_options(CLI::App& command, ServeOptions& options) {
  add_parsed(command,
             {.name = "--listen",
              .help = "Address and port; beyond loopback only with --token",
              .fallback = "127.0.0.1:9435"},
             "ADDRESS:PORT", [&options](const std::string& text) {
               options.listen =
                   accepted("--listen", "ADDRESS:PORT", text, serve::parse_listen_address(text),
                            "such as 127.0.0.1:9435, [::1]:9435 or 0.0.0.0:9435");
             });
  add_text(command,
           {.name = "--token",
            .help = "Answer only requests that have the token in the first line of this file"},
           "FILE", options.token_file);
  add_list(command,
           {.name = "--allow-host",
            .help = "A name under which a proxy asks; addresses, localhost and this host's name "
                    "are always allowed"},
           "NAME", options.hosts);
  add_list(command,
           {.name = "--replay",
            .help = "Serve a recording as if it were counted now; may be given again for its "
                    "other files"},
           "FILE", options.replay);
}

}  // namespace

void add_serve(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App& command = add_command(
      app, "serve", "Serve metrics, a page and an API by HTTP: for Prometheus and browsers");
  add_serve_options(command, *options);
  CommonOptions& common = options->common;
  add_interface_options(command, common.choice);
  add_time(command, {.name = "--interval", .help = "Time between two readings", .fallback = "1s"},
           kIntervals, into(common.interval));
  add_duration_option(command, common.duration);
  add_count(command,
            {.name = "--top",
             .help = "Give N accounts series of their own in /metrics; the others are (rest)",
             .fallback = fmt::format("{}", kAccountsWithSeries)},
            kTops, into(common.top));
  add_connections_option(command, common.no_connections);
  add_instance_options(command, options->credits.instance);
  add_state_dir_option(command, options->credits.state_dir);
  add_slots_option(command, common.slots);
  add_window_option(command, common.window);
  add_private_option(command, common.private_ledger);
  add_bpffs_option(command, common.bpffs);
  add_host_root_option(command, common.choice.host_root);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_serve(*options); }; });
}

}  // namespace cgtally::cli
