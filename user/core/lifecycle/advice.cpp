// SPDX-License-Identifier: Apache-2.0
// The rule behind all of it: the container that others still needed when it had ended must end
// last. A delay makes it so if it is longer than the tail; an order makes it so whatever the tail
// is. Kubelet ends native sidecars after the pod's other containers, so the needed container may be
// one, and the one that needs it must not.
#include "core/lifecycle/advice.h"

#include <fmt/format.h>

#include "core/base/quantity.h"
#include "core/lifecycle/lines.h"

namespace cgtally::lifecycle {
namespace {

std::string siblings_of(const Evidence& evidence) {
  return evidence.siblings.empty() ? "its sibling"
                                   : fmt::format("{}", fmt::join(evidence.siblings, ", "));
}

std::string evidence_line(const Evidence& evidence) {
  std::vector<std::string> lost;
  if (evidence.refused > 0) {
    lost.push_back(counted(evidence.refused, "connection refused inside the pod",
                           "connections refused inside the pod"));
  }
  if (evidence.late > 0) {
    lost.push_back(fmt::format("{} ({})",
                               counted(evidence.late, "packet too late", "packets too late"),
                               counted(evidence.connections, "new connection", "new connections")));
  }
  const Ends& ends = evidence.ends;
  const std::string which = ends.count == 1
                                ? "the one end that is known"
                                : fmt::format("{} of the last {} ends", ends.lossy, ends.count);
  return fmt::format("{}: {} lost something: {}; for how long: median {}, worst {}{}",
                     evidence.name, which, fmt::join(lost, ", "), format_duration(ends.median),
                     evidence.still_came ? "at least " : "", format_duration(ends.worst));
}

using Lines = std::vector<std::string>;

void add_kubernetes(Lines& lines, const Evidence& evidence, std::uint64_t delay) {
  lines.push_back(fmt::format("  # container {}, Kubernetes 1.30 and later", evidence.container));
  lines.emplace_back("  lifecycle:");
  lines.emplace_back("    preStop:");
  lines.emplace_back("      sleep:");
  lines.push_back(fmt::format("        seconds: {}", delay));
  lines.emplace_back("  # before 1.30, if the image has a program sleep, in the place of sleep:");
  lines.emplace_back("  #     exec:");
  lines.push_back(fmt::format("  #       command: [\"sleep\", \"{}\"]", delay));
  lines.push_back(
      fmt::format("  # terminationGracePeriodSeconds (default 30): more than {} and the time that "
                  "{} itself needs",
                  delay, evidence.container));
  if (evidence.refused == 0) return;
  const std::string senders = siblings_of(evidence);
  lines.push_back(fmt::format(
      "  # or, without a delay (1.29 and later): make {} the native sidecar", evidence.container));
  lines.push_back(
      fmt::format("  # (initContainers, restartPolicy: Always), as kubelet ends these after "
                  "{};",
                  senders));
  lines.push_back(fmt::format("  # {} must not be one: it would always end after {}", senders,
                              evidence.container));
}

void add_ecs(Lines& lines, const Evidence& evidence, std::uint64_t delay) {
  if (!evidence.siblings.empty()) {
    lines.push_back(
        fmt::format("  in the task definition, of the container {}:", siblings_of(evidence)));
    lines.push_back(
        fmt::format("    \"dependsOn\": [{{\"containerName\": \"{}\", \"condition\": \"START\"}}]",
                    evidence.container));
    lines.push_back(
        fmt::format("  as ECS stops containers in the reverse order; of {}:", evidence.container));
  } else {
    lines.push_back(
        fmt::format("  in the task definition, of the container {}:", evidence.container));
  }
  lines.push_back(
      fmt::format("    a handler of SIGTERM that goes on serving for {} s, and \"stopTimeout\" "
                  "longer than that",
                  delay));
}

void add_compose(Lines& lines, const Evidence& evidence, std::uint64_t delay) {
  lines.push_back(fmt::format(
      "  # compose.yaml, service {} (Compose 2.30 and later; needs a sleep in the image)",
      evidence.container));
  lines.emplace_back("    pre_stop:");
  lines.push_back(fmt::format("      - command: [\"sleep\", \"{}\"]", delay));
  lines.push_back(fmt::format("    stop_grace_period: {}s", delay + 10));
  lines.push_back(fmt::format(
      "  # or order: what sends to {0} gets  depends_on: [{0}]  and is then stopped before it",
      evidence.container));
}

void add_podman(Lines& lines, const Evidence& evidence, std::uint64_t delay) {
  lines.push_back(
      fmt::format("  podman has no preStop: stop what sends to {} first, then it, {} s "
                  "later:",
                  evidence.container, delay));
  lines.push_back(fmt::format("    podman stop {} && sleep {} && podman stop {}",
                              evidence.siblings.empty()
                                  ? std::string("SENDER")
                                  : fmt::format("{}", fmt::join(evidence.siblings, " ")),
                              delay, evidence.container));
  lines.push_back(
      fmt::format("  # as Quadlet units: After={}.service in the unit of what sends; it is "
                  "then stopped first",
                  evidence.container));
}

void add_systemd(Lines& lines, const Evidence& evidence, std::uint64_t delay) {
  lines.push_back(fmt::format("  # systemctl edit {}", evidence.container));
  lines.emplace_back("  [Service]");
  lines.push_back(fmt::format("  ExecStop=/bin/sleep {}", delay));
  lines.push_back(fmt::format("  TimeoutStopSec={}", delay + 90));
  lines.push_back(
      fmt::format("  # or order: After={} in the unit of what sends to it, which is then "
                  "stopped first",
                  evidence.container));
}

}  // namespace

std::vector<std::string> advice_lines(const Evidence& evidence) {
  if (evidence.ends.lossy == 0) return {};
  const std::uint64_t delay = covering_delay_s(evidence.ends.worst);
  Lines lines{evidence_line(evidence)};
  switch (evidence.manager) {
    case Manager::kubernetes:
      add_kubernetes(lines, evidence, delay);
      break;
    case Manager::ecs:
      add_ecs(lines, evidence, delay);
      break;
    case Manager::docker:
      add_compose(lines, evidence, delay);
      break;
    case Manager::podman:
      add_podman(lines, evidence, delay);
      break;
    case Manager::systemd:
      add_systemd(lines, evidence, delay);
      break;
    case Manager::other:
      lines.push_back(
          fmt::format("  end it {} s later than now, or after what sends to it", delay));
      break;
  }
  if (evidence.still_came) {
    lines.emplace_back(
        "  # it had not stopped coming when it was last looked at: perhaps no delay is "
        "enough, and what sends must stop by itself");
  }
  return lines;
}

std::vector<std::string> advice_of(const EndHistory& history) {
  Lines all;
  for (const Evidence& evidence : history.lossy()) {
    if (!all.empty()) all.emplace_back();
    for (std::string& line : advice_lines(evidence)) all.push_back(std::move(line));
  }
  if (all.empty()) return all;
  all.emplace_back();
  all.emplace_back(
      "A delay runs only where the container is asked to end: not after a crash, "
      "an OOM kill or kill -9.");
  return all;
}

}  // namespace cgtally::lifecycle
