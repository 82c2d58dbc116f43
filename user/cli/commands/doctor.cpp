// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/host/facts.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "core/base/text.h"
#include "core/health/container_networks.h"
#include "core/health/deployment.h"
#include "core/health/host_diagnosis.h"

namespace cgtally::cli {
namespace {

void add_lines(std::string& text, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) text += fmt::format("{}\n", printable(line));
}

int run_doctor(const std::string& host_root) {
  const HostFacts facts = host::gather_all_facts(host_root);
  const auto findings = diagnose(facts);
  std::string text;
  add_lines(text, finding_lines(findings));
  add_lines(text, network_lines(recognise_networks(facts.containers)));
  if (facts.deployment) {
    text += "\nto count here from now on:\n";
    add_lines(text, deployment_command(*facts.deployment));
  }
  if (can_run(findings)) text += "\nto see whether each byte is counted here: cgtally selftest\n";
  const int shown = print_answer(text);
  if (!can_run(findings)) {
    say("cannot count here: fix what is missing");
    return number(ExitCode::unsupported);
  }
  return shown;
}

}  // namespace

void add_doctor(CLI::App& app, std::function<int()>& run) {
  auto host_root = std::make_shared<std::string>();
  CLI::App& command = add_command(app, "doctor",
                                  "Check what this host supports, what of its containers is named, "
                                  "and how to fix what is missing");
  add_host_root_option(command, *host_root);
  on_chosen(command, [host_root, &run] { run = [host_root] { return run_doctor(*host_root); }; });
}

}  // namespace cgtally::cli
