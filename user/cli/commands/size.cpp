// SPDX-License-Identifier: Apache-2.0
// A load, recorded or imagined, against the table of types. The table of answers comes on stdout
// unless the rows go there.
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <unistd.h>

#include <memory>

#include "cli/options/common.h"
#include "cli/options/instance.h"
#include "cli/options/parsing.h"
#include "cli/options/replay.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "monitor/offline/size_report.h"

namespace cgtally::cli {
namespace {

constexpr Bounds<std::uint64_t> kRequests{.least = 1, .most = 1'000'000'000};
constexpr Bounds<std::uint64_t> kLimits{.least = 1, .most = 1'000'000'000'000};

void add_workload_options(CLI::App& command, monitor::SizeOptions& options) {
  add_bytes(command,
            {.name = "--response-size",
             .help = "Size of a response of the workload, instead of a recording; with --rps"},
            kAnySize, into(options.response));
  add_count(command, {.name = "--rps", .help = "Responses per second, with --response-size"},
            kRequests, into(options.rps));
  add_bytes(command,
            {.name = "--request-size",
             .help = "Size of a request, with --response-size",
             .fallback = "64B"},
            kAnySize, into(options.request));
}

void add_limit_options(CLI::App& command, monitor::SizeOptions& options) {
  add_count(command,
            {.name = "--pps-limit",
             .help = "Packets per second that the type carries, both directions together"},
            kLimits, into(options.limits.packets_per_second));
  add_count(command, {.name = "--conns", .help = "Connections of the workload, with --conns-limit"},
            kLimits, into(options.limits.connections));
  add_count(command,
            {.name = "--conns-limit",
             .help = "Connections that the type can track, with --conns; AWS does not publish "
                     "the number: read conntrack_allowance_available of an idle instance"},
            kLimits, into(options.limits.connections_limit));
  need_each_other(command, "--conns", "--conns-limit");
  add_flag(command,
           {.name = "--internet",
            .help = "All of the traffic goes through an internet gateway, which lets less through "
                    "than the type's network"},
           options.limits.internet);
}

void add_type_options(CLI::App& command, monitor::SizeOptions& options) {
  add_text(command,
           {.name = "--types",
            .help = "Instance types to compare, such as 'cache.*'; not with --instance",
            .fallback = "those of EC2"},
           "GLOB", options.types);
  add_instance_option(command, options.instance);
  exclude_each_other(command, "--instance", "--types");
  add_catalogue_option(command, options.catalogue);
  add_count(command,
            {.name = "--top",
             .help = "Show N types, the smallest first",
             .fallback = fmt::format("{}", options.top)},
            kTops, into(options.top));
  add_row_options(command, options.rows,
                  "Write one row for each compared type to this new file; - is stdout");
}

int run_size(const monitor::SizeOptions& options) {
  auto text = monitor::size_text(options);
  if (!text) return exit_code_of_output(std::unexpected(std::move(text).error()));
  return print_answer(*text, options.rows.to_stdout());
}

}  // namespace

void add_size(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<monitor::SizeOptions>();
  CLI::App& command =
      add_command(app, "size", "Find the instance types that carry a recorded or a given workload");
  add_files(command, "Recordings, the oldest first, or files of other monitors; - is stdin", false,
            options->files);
  add_list(command,
           {.name = "-i,--iface",
            .help = "Interface whose traffic counts; repeatable",
            .fallback = "all of the recording but lo and veth*"},
           "NAME|GLOB", options->interfaces);
  add_series_options(command, options->read);
  add_workload_options(command, *options);
  add_limit_options(command, *options);
  add_type_options(command, *options);
  on_chosen(command, [options, &run] { run = [options] { return run_size(*options); }; });
}

}  // namespace cgtally::cli
