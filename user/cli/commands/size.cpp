// SPDX-License-Identifier: Apache-2.0
// A load, recorded or imagined, against the table of types. The table of answers comes on stdout
// unless the rows go there.
#include "cli/commands/commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <memory>

#include "adapters/terminal/terminal.h"
#include "cli/options/instance.h"
#include "cli/options/parsing.h"
#include "cli/output/messages.h"
#include "core/base/quantity.h"
#include "monitor/offline/size_report.h"

namespace cgtally::cli {
namespace {

Bytes size_from(const std::string& option, const std::string& text) {
  return value_of(option, text, parse_bytes(text));
}

void add_imagined_options(CLI::App& command, monitor::SizeOptions& options) {
  command
      .add_option_function<std::string>(
          "--response-size",
          [&options](const std::string& text) {
            options.response = size_from("--response-size", text);
          },
          "Instead of a recording: the size of a response")
      ->type_name("SIZE");
  command.add_option("--rps", options.rps, "... and how many there are a second")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  command
      .add_option_function<std::string>(
          "--request-size",
          [&options](const std::string& text) {
            options.request = size_from("--request-size", text);
          },
          "... and the size of a request (default 64B)")
      ->type_name("SIZE");
}

void add_limit_options(CLI::App& command, monitor::SizeOptions& options) {
  const CLI::Range any(std::uint64_t{1}, std::uint64_t{1'000'000'000'000});
  command
      .add_option("--pps-limit", options.limits.packets_per_second,
                  "Packets a second, in and out, that the type passes")
      ->type_name("N")
      ->check(any);
  CLI::Option* connections =
      command.add_option("--conns", options.limits.connections, "Connections of the workload")
          ->type_name("N")
          ->check(any);
  CLI::Option* limit = command
                           .add_option("--conns-limit", options.limits.connections_limit,
                                       "Connections that the type tracks; AWS publishes\n"
                                       "none: see conntrack_allowance_available when idle")
                           ->type_name("N")
                           ->check(any);
  connections->needs(limit);
  limit->needs(connections);
}

void add_type_options(CLI::App& command, monitor::SizeOptions& options) {
  CLI::Option* types =
      command
          .add_option("--types", options.types,
                      "Types to look at, such as 'cache.*'\n(default: those of EC2)")
          ->type_name("GLOB");
  add_instance_option(command, options.instance);
  command.get_option("--instance")->excludes(types);
  add_catalogue_option(command, options.catalogue);
  command.add_option("--top", options.top, "Show so many types, the smallest (default 10)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  command.add_option("--csv", options.csv, "Write a row for each type that was looked at")
      ->type_name("FILE|-");
}

int run_size(const monitor::SizeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // the write says EPIPE
  auto text = monitor::size_text(options);
  auto shown = text ? terminal::write_all(options.csv == "-" ? STDERR_FILENO : STDOUT_FILENO, *text)
                    : Result<void>(std::unexpected(std::move(text).error()));
  if (shown || shown.error().code == EPIPE) return number(ExitCode::fine);
  return print_error(shown.error());
}

}  // namespace

void add_size(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<monitor::SizeOptions>();
  CLI::App* command =
      app.add_subcommand("size", "Instance types that carry recorded or imagined traffic");
  command->add_option("FILE", options->files, "Recordings, in the order of their time; - is stdin")
      ->type_name("");
  command
      ->add_option("-i,--iface", options->interfaces,
                   "Interface to charge, by name or glob; repeatable\n"
                   "(default: all of the recording but lo and veth*)")
      ->type_name("NAME|GLOB")
      ->allow_extra_args(false);
  add_imagined_options(*command, *options);
  add_limit_options(*command, *options);
  add_type_options(*command, *options);
  command->callback([options, &run] { run = [options] { return run_size(*options); }; });
}

}  // namespace cgtally::cli
