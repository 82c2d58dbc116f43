// SPDX-License-Identifier: Apache-2.0
#include "core/health/ledger_status.h"

#include <algorithm>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/health/coverage.h"

namespace cgtally {
namespace {

using Lines = std::vector<std::string>;
using State = LedgerCondition::State;

constexpr std::size_t kLabel = 10;
constexpr std::size_t kWay = 6;
constexpr std::size_t kBytes = 11;
constexpr std::size_t kShare = 8;

// The label, and below it nothing.
void add(Lines& lines, std::string_view label, const std::string& text) {
  lines.push_back(pad_right(label, kLabel) + text);
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return format_count(count) + " " + (count == 1 ? one : many);
}

std::string ago(Nanoseconds then, Nanoseconds now) { return format_duration(now - then) + " ago"; }

std::string since(const Moment& then, const Moment& now) {
  return format_date_time(then.wall) + " (" + format_duration(now.boot - then.boot) + ")";
}

void add_ledger(Lines& lines, const LedgerStatusReport& status) {
  const LedgerCondition& ledger = *status.ledger;
  switch (ledger.state) {
    case State::up:
      add(lines, "ledger", "up; its totals begin at " + since(ledger.made, status.now));
      break;
    case State::down:
      add(lines, "ledger",
          "down: nothing is counted; its totals since " + since(ledger.made, status.now));
      add(lines, "", "are kept; cgtally up goes on with them, cgtally down --forget removes them");
      break;
    case State::unfinished:
      add(lines, "ledger", "unfinished: who made it was killed, or is at it; cgtally up ends it");
      break;
  }
  add(lines, "",
      "id " + ledger.id.substr(0, 8) + ", ABI " + std::to_string(status.abi) + ", pinned at " +
          printable(status.place));
}

void add_others(Lines& lines, const LedgerStatusReport& status) {
  for (const std::uint32_t abi : status.other_abis) {
    const std::string which = "a ledger of ABI " + std::to_string(abi) + " is there, which this " +
                              "cgtally (ABI " + std::to_string(status.abi) + ") cannot read:";
    add(lines, "ledger", which);
    add(lines, "",
        abi > status.abi
            ? "use the cgtally that made it; or remove it with its totals: cgtally down --forget"
            : "carry its totals over: cgtally up --migrate; or remove it: cgtally down --forget");
  }
}

void add_keeper(Lines& lines, const LedgerStatusReport& status) {
  const KeeperCondition& keeper = status.keeper;
  if (keeper.there) {
    add(lines, "keeper",
        "process " + std::to_string(keeper.pid) + ", last looked " +
            ago(keeper.last_looked, status.now.boot));
    return;
  }
  const std::string when = keeper.last_looked > Nanoseconds::zero()
                               ? "; the last one looked " + ago(keeper.last_looked, status.now.boot)
                               : "";
  add(lines, "keeper", "none" + when);
  if (status.ledger->state == State::up) {
    add(lines, "",
        "what is attached counts on, but a hook that is lost stays lost, a new interface");
    add(lines, "", "is not counted, and ended accounts keep their slots: cgtally up");
  }
}

void add_slots(Lines& lines, const LedgerStatusReport& status) {
  const SlotCondition& slots = status.slots;
  std::string text = format_count(slots.used) + " of " + format_count(slots.total) + " used";
  if (slots.ended > 0) text += ", " + format_count(slots.ended) + " by accounts that have ended";
  add(lines, "slots", text);
  if (!status.keeper.there && status.ledger->state == State::up) {
    const Nanoseconds from = std::max(status.ledger->made.boot, status.keeper.last_looked);
    const auto full = full_in(slots, status.now.boot - from);
    add(lines, "",
        full
            ? "full in about " + format_duration(*full) + ", at the rate since a keeper last looked"
            : "not getting full: no account has ended since a keeper last looked");
  }
  if (!slots.overflow.empty()) {
    add(lines, "",
        "FULL at times: " + format_bytes(slots.overflow.rx_bytes) + " in and " +
            format_bytes(slots.overflow.tx_bytes) + " out are on (overflow)");
    add(lines, "",
        "more of them: cgtally down --forget; cgtally up --slots " +
            std::to_string(std::uint64_t{slots.total} * 4));
  }
  add(lines, "cgroups",
      counted(slots.names, "name", "names") + " and " + counted(slots.deaths, "death", "deaths") +
          " remembered, " + format_count(slots.missed) + " missed for want of room");
}

void add_expense(Lines& lines, const LedgerExpense& expense) {
  add(lines, "memory",
      format_bytes({expense.map_bytes + expense.windows_bytes}) + ", of it " +
          format_bytes({expense.windows_bytes}) + " for windows");
  if (expense.window > Nanoseconds::zero()) {
    add(lines, "windows",
        format_duration(expense.window) + " each; at an edge at most " +
            counted(expense.clock_read_bytes, "byte", "bytes") + " of a CPU are in the wrong one");
  }
  if (!expense.not_measured.empty()) {
    add(lines, "cost", "not known: " + expense.not_measured);
  } else if (expense.runs == 0 && expense.measured > Nanoseconds::zero()) {
    add(lines, "cost", "not known: no packet came by in " + format_duration(expense.measured));
  } else if (expense.runs > 0) {
    const auto runs = static_cast<std::int64_t>(expense.runs);
    add(lines, "cost",
        format_duration(expense.run_time / runs) + " for each packet, measured on " +
            counted(expense.runs, "packet", "packets") + " in " +
            format_duration(expense.measured));
  }
}

void add_allowances(Lines& lines, const LedgerStatusReport& status) {
  const std::string words = allowance_words(status.allowances);
  if (!words.empty()) {
    add(lines, "ena", "in " + format_duration(status.allowances_over) + ": " + words);
    add(lines, "", "in all: " + allowance_totals_words(status.allowances));
    for (const std::string& remedy : allowance_remedies(status.allowances)) {
      add(lines, "", "for " + remedy);
    }
    return;
  }
  constexpr std::size_t kNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamed, status.without_allowances.size()); ++i) {
    names += (i == 0 ? "" : ", ") + printable(status.without_allowances[i]);
  }
  if (status.without_allowances.size() > kNamed) {
    names += " and " + std::to_string(status.without_allowances.size() - kNamed) + " more";
  }
  if (!names.empty()) add(lines, "ena", "no allowance counters on " + names);
}

std::string headline(const InterfaceCondition& interface, const Moment& now) {
  std::string text = printable(interface.name) + "  ";
  text += interface.hook.empty() ? "not counted now" : interface.hook;
  text += ", totals since " + since(interface.since, now);
  if (interface.gaps > 0) {
    text += ", hook lost " +
            (interface.gaps == 1 ? "once" : format_count(interface.gaps) + " times") +
            ": at most " + format_duration(interface.gap) + " uncounted";
  }
  return text;
}

void add_direction(Lines& lines, std::string_view way, const DirectionCondition& one, bool wanted) {
  std::string line = pad_right("  " + std::string(way), kWay);
  line += pad_left(one.device ? format_bytes(*one.device) : "-", kBytes) +
          pad_left(format_bytes(one.booked), kBytes);
  line += pad_left(percent(one.seen), kShare) + pad_left(percent(one.now), kShare);
  line += pad_left(percent(one.named), kShare) + "  ";
  if (!one.attached) {
    lines.push_back(line + (wanted ? "OUR PROGRAM IS NOT THERE" : "-"));
    return;
  }
  if (one.before.empty()) {
    lines.push_back(line + "nobody");
    return;
  }
  for (const std::string& program : one.before) {
    lines.push_back(line + printable(program));
    line.assign(display_width(line), ' ');
  }
}

void add_blindness(Lines& lines, const InterfaceCondition& interface) {
  for (const auto& [way, one] : {std::pair{"rx", &interface.rx}, std::pair{"tx", &interface.tx}}) {
    if (!interface.hook.empty() && is_blind(one->now)) {
      lines.push_back("  BLIND " + printable(blind_sentence(interface.name, way, *one->now,
                                                            one->attached, one->before)));
    }
  }
}

void add_interface(Lines& lines, const InterfaceCondition& interface, const Moment& now) {
  lines.emplace_back();
  lines.push_back(headline(interface, now));
  if (!interface.unknown.empty()) {
    lines.push_back("  cannot be looked at: " + printable(interface.unknown));
  }
  lines.push_back(std::string(kWay, ' ') + pad_left("DEVICE", kBytes) + pad_left("BOOKED", kBytes) +
                  pad_left("SEEN", kShare) + pad_left("NOW", kShare) + pad_left("NAMED", kShare) +
                  "  RUNS BEFORE OURS");
  add_direction(lines, "rx", interface.rx, !interface.hook.empty());
  add_direction(lines, "tx", interface.tx, !interface.hook.empty());
  add_blindness(lines, interface);
  const QueueCondition& queue = interface.queue;
  if (!queue.kind.empty()) {
    lines.push_back("  queue " + printable(queue.kind) + ": " +
                    counted(queue.waiting.value, "packet", "packets") + " (" +
                    format_bytes(queue.backlog) + ") waiting, " + format_count(queue.drops.value) +
                    " dropped");
  }
}

void add_legend(Lines& lines) {
  lines.emplace_back();
  lines.emplace_back(
      "DEVICE  bytes by its own count; BOOKED by ours, before the queue: what is dropped there "
      "counts too");
  lines.emplace_back(
      "SEEN    share of the device's count that came by our program; NOW: while this looked");
  lines.emplace_back("NAMED   share of the booked bytes that is on a cgroup, not on a reason");
}

void add_leftovers(Lines& lines, const std::vector<Leftover>& leftovers) {
  for (const Leftover& one : leftovers) {
    add(lines, "leftover",
        "a killed cgtally left a filter: " + printable(one.iface) + " " + one.direction +
            " (pref " + std::to_string(one.preference) + ")");
  }
  if (!leftovers.empty()) add(lines, "", "remove what is left: cgtally down");
}

}  // namespace

std::optional<Nanoseconds> full_in(const SlotCondition& slots, Nanoseconds over) {
  if (slots.unattended == 0 || over <= Nanoseconds::zero()) return std::nullopt;
  const double free = static_cast<double>(slots.total) - static_cast<double>(slots.used);
  const double left =
      static_cast<double>(over.count()) * free / static_cast<double>(slots.unattended);
  constexpr double kMost = 100.0 * 365 * 86'400 * 1e9;  // a hundred years are never
  if (left > kMost) return std::nullopt;
  return Nanoseconds(static_cast<std::int64_t>(std::max(left, 0.0)));
}

std::vector<std::string> status_lines(const LedgerStatusReport& status) {
  Lines lines;
  if (!status.ledger) {
    if (status.other_abis.empty()) {
      add(lines, "ledger", "no ledger is up at " + printable(status.place));
      add(lines, "", "cgtally up pins one, which counts on when that command has ended;");
      add(lines, "", "live and record count without one, for as long as they run");
    }
    add_others(lines, status);
    add_leftovers(lines, status.leftovers);
    return lines;
  }
  add_ledger(lines, status);
  add_others(lines, status);
  add_keeper(lines, status);
  add_slots(lines, status);
  add_expense(lines, status.expense);
  add_allowances(lines, status);
  add_leftovers(lines, status.leftovers);
  for (const InterfaceCondition& interface : status.interfaces) {
    add_interface(lines, interface, status.now);
  }
  if (!status.gone.empty()) {
    lines.emplace_back();
    lines.push_back(
        "(gone)  interfaces that no longer exist: " + format_bytes(status.gone.rx_bytes) + " in, " +
        format_bytes(status.gone.tx_bytes) + " out");
  }
  if (!status.interfaces.empty()) add_legend(lines);
  return lines;
}

}  // namespace cgtally
