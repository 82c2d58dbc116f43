// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "adapters/host/facts.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "core/health/container_networks.h"
#include "core/health/deployment.h"
#include "core/health/host_diagnosis.h"

namespace cgtally::cli {
namespace {

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::cout << line << '\n';
}

int run_doctor(const std::string& host_root) {
  const HostFacts facts = host::gather_all_facts(host_root);
  const auto findings = diagnose(facts);
  print_lines(finding_lines(findings));
  print_lines(network_lines(recognise_networks(facts.containers)));
  if (facts.deployment) {
    std::cout << "\nto count here from now on:\n";
    print_lines(deployment_command(*facts.deployment));
  }
  std::cout << std::flush;
  if (!can_run(findings)) {
    say("cannot count here: fix what is missing");
    return number(ExitCode::unsupported);
  }
  return number(ExitCode::fine);
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
