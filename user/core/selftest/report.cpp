// SPDX-License-Identifier: Apache-2.0
#include "core/selftest/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "core/base/json.h"
#include "core/base/quantity.h"

namespace cgtally::selftest {
namespace {

std::string number_of(std::uint64_t count, const char* what) {
  return fmt::format("{} {}{}", format_count(count), what, count == 1 ? "" : "s");
}

std::string count_text(const Count& count, const Count& other) {
  const bool bytes = count.bytes.value > 0 || other.bytes.value > 0;
  const bool packets = count.packets.value > 0 || other.packets.value > 0;
  std::string text = bytes ? number_of(count.bytes.value, "byte") : "";
  if (packets) {
    text += (bytes ? " in " : "") + number_of(count.packets.value, "packet");
  }
  return text.empty() ? "nothing" : text;
}

// The first two figures, which are those of everything sent and received.
std::string held_text(const std::vector<Figure>& figures) {
  constexpr std::size_t kShown = 2;
  std::string text;
  for (const Figure& figure : figures | std::views::take(kShown)) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", figure.what,
                        count_text(figure.seen, figure.expected));
  }
  const std::size_t more = figures.size() - std::min(figures.size(), kShown);
  return more == 0 ? text : fmt::format("{}, and {}", text, number_of(more, "more figure"));
}

std::size_t number_of(const SelftestReport& report, CheckOutcome outcome) {
  return static_cast<std::size_t>(
      std::ranges::count(report.checks, outcome, &CheckResult::outcome));
}

void add_count(JsonWriter& json, const char* name, const Count& count) {
  json.key(name).begin_object();
  json.key("bytes").value(count.bytes.value);
  json.key("packets").value(count.packets.value);
  json.end_object();
}

void add_check(JsonWriter& json, const CheckResult& check) {
  json.begin_object();
  json.key("check").value(check.name);
  json.key("result").value(outcome_name(check.outcome));
  json.key("detail").value(check.detail);
  json.key("seconds").value(static_cast<double>(check.took.count()) / 1e9);
  json.key("figures").begin_array();
  for (const Figure& figure : check.figures) {
    json.begin_object();
    json.key("what").value(figure.what);
    add_count(json, "expected", figure.expected);
    add_count(json, "seen", figure.seen);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::vector<std::string> check_lines(const CheckResult& check) {
  const auto head = fmt::format("{:<8} {:<14}", outcome_name(check.outcome), check.name);
  if (check.outcome == CheckOutcome::skipped) return {fmt::format("{} {}", head, check.detail)};
  if (check.outcome == CheckOutcome::ok)
    return {fmt::format("{} {}", head, held_text(check.figures))};
  std::vector<std::string> lines;
  if (!check.detail.empty()) lines.push_back(fmt::format("{} {}", head, check.detail));
  for (const Figure& figure : check.figures) {
    if (figure.holds()) continue;
    lines.push_back(fmt::format("{} {}: expected {}, seen {}",
                                lines.empty() ? head : std::string(head.size(), ' '), figure.what,
                                count_text(figure.expected, figure.seen),
                                count_text(figure.seen, figure.expected)));
  }
  return lines;
}

std::string summary_line(const SelftestReport& report) {
  std::string text = fmt::format("{} checks in {}: {} ok", report.checks.size(),
                                 format_duration(report.took), number_of(report, CheckOutcome::ok));
  for (const CheckOutcome outcome : {CheckOutcome::failed, CheckOutcome::skipped}) {
    const std::size_t number = number_of(report, outcome);
    if (number > 0) text += fmt::format(", {} {}", number, outcome_name(outcome));
  }
  return text;
}

std::string report_text(const SelftestReport& report) {
  std::string text = fmt::format("cgtally selftest\n{:<14} {}\n", "version", report.version);
  for (const auto& [name, value] : report.host) text += fmt::format("{:<14} {}\n", name, value);
  text += '\n';
  for (const CheckResult& check : report.checks) {
    for (const std::string& line : check_lines(check)) text += fmt::format("{}\n", line);
  }
  return text + fmt::format("{}\n", summary_line(report));
}

std::string selftest_document(const SelftestReport& report) {
  JsonWriter json;
  json.begin_object();
  json.key("version").value(report.version);
  json.key("ok").value(!any_failed(report.checks));
  json.key("seconds").value(static_cast<double>(report.took.count()) / 1e9);
  json.key("host").begin_object();
  for (const auto& [name, value] : report.host) json.key(name).value(value);
  json.end_object();
  json.key("checks").begin_array();
  for (const CheckResult& check : report.checks) add_check(json, check);
  json.end_array().end_object();
  return std::move(json).document();
}

}  // namespace cgtally::selftest
