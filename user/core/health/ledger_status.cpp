// SPDX-License-Identifier: Apache-2.0
#include "core/health/ledger_status.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/health/coverage.h"
#include "core/health/overflow.h"

namespace cgtally {
namespace {

using Lines = std::vector<std::string>;
using State = LedgerCondition::State;

constexpr std::size_t kIndent = 6;  // columns before an interface's table
constexpr std::size_t kBytes = 11;
constexpr std::size_t kShare = 8;

// A line with its label; a line without one continues the line above.
template <typename... Args>
void add(Lines& lines, std::string_view label, fmt::format_string<Args...> text, Args&&... args) {
  lines.push_back(fmt::format("{:<10}{}", label, fmt::format(text, std::forward<Args>(args)...)));
}

// The same for words that are no command, in lines of 80 columns.
void add_words(Lines& lines, std::string_view label, std::string_view words) {
  constexpr std::size_t kColumns = 80;
  constexpr std::size_t kLabel = 10;
  std::ranges::move(wrap(fmt::format("{:<{}}{}", label, kLabel, words), kColumns, kLabel),
                    std::back_inserter(lines));
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : fmt::format("{} times", format_count(count));
}

std::string since(const Moment& then, const Moment& now) {
  return fmt::format("{} ({})", format_date_time(then.wall), format_duration(now.boot - then.boot));
}

void add_ledger(Lines& lines, const LedgerStatusReport& status) {
  const LedgerCondition& ledger = *status.ledger;
  switch (ledger.state) {
    case State::up:
      add(lines, "ledger", "up; its totals begin at {}", since(ledger.made, status.now));
      break;
    case State::down:
      add(lines, "ledger", "down: nothing is counted; its totals since {}",
          since(ledger.made, status.now));
      add(lines, "", "are kept; cgtally up goes on with them, cgtally down --forget removes them");
      break;
    case State::unfinished:
      add(lines, "ledger", "unfinished: the cgtally up that makes it still runs, or was killed;");
      add(lines, "", "cgtally up completes it");
      break;
  }
  add(lines, "", "id {}, ABI {}, pinned at {}", ledger.id.substr(0, 8), status.abi,
      printable(status.location));
}

void add_other_ledgers(Lines& lines, const LedgerStatusReport& status) {
  for (const std::uint32_t abi : status.other_abis) {
    add(lines, "ledger",
        "a ledger of ABI {} is there, which this cgtally (ABI {}) cannot read:", abi, status.abi);
    if (abi > status.abi) {
      add(lines, "",
          "use the cgtally that made it; or remove it with its totals: cgtally down --forget");
    } else {
      add(lines, "",
          "carry its totals over: cgtally up --migrate; or remove it: cgtally down --forget");
    }
  }
}

void add_keeper(Lines& lines, const LedgerStatusReport& status) {
  const KeeperCondition& keeper = status.keeper;
  const std::string inactive_for = format_duration(status.now.boot - keeper.last_active);
  if (keeper.there) {
    add(lines, "keeper", "process {}, last active {} ago", keeper.pid, inactive_for);
    return;
  }
  if (keeper.last_active > Nanoseconds::zero()) {
    add(lines, "keeper", "none; the last one was active {} ago", inactive_for);
  } else {
    add(lines, "keeper", "none");
  }
  if (status.ledger->state == State::up) {
    add(lines, "",
        "what is attached counts on, but a hook that is lost stays lost, a new interface");
    add(lines, "", "is not counted, and ended accounts keep their slots: cgtally up");
  }
}

std::string joined(const std::vector<std::string>& texts) {
  constexpr std::size_t kNamed = 5;
  std::string words;
  for (std::size_t i = 0; i < std::min(kNamed, texts.size()); ++i) {
    words += fmt::format("{}{}", i == 0 ? "" : ", ", printable(texts[i]));
  }
  if (texts.size() > kNamed) words += fmt::format(" and {} more", texts.size() - kNamed);
  return words;
}

// Without a keeper nothing is waited for, which add_keeper() says.
void add_awaited(Lines& lines, const LedgerStatusReport& status) {
  if (status.ledger->state != State::up) return;
  if (!status.awaited.empty() && status.keeper.there) {
    add(lines, "waits for", "{}", joined(status.awaited));
  }
  if (!status.ended.empty()) {
    add(lines, "ended", "the netns of {} {}: not waited for, because no process comes back",
        status.ended.size() == 1 ? "process" : "processes", joined(status.ended));
  }
}

void add_slots(Lines& lines, const LedgerStatusReport& status) {
  const SlotCondition& slots = status.slots;
  const std::string ended =
      slots.ended == 0 ? ""
                       : fmt::format(", {} by accounts that have ended", format_count(slots.ended));
  add(lines, "slots", "{} of {} used{}", format_count(slots.used), format_count(slots.total),
      ended);
  if (!status.keeper.there && status.ledger->state == State::up) {
    const Nanoseconds from = std::max(status.ledger->made.boot, status.keeper.last_active);
    if (const auto full = full_in(slots, status.now.boot - from)) {
      add(lines, "", "full in about {}, at the rate since a keeper was last active",
          format_duration(*full));
    } else {
      add(lines, "", "not getting full: no account has ended since a keeper was last active");
    }
  }
  if (slots.folded > 0) {
    add(lines, "",
        "SHORT at times: an idle account gave up its slot {}; its totals are on (folded)",
        times(slots.folded));
  }
  if (slots.beyond > 0) {
    add(lines, "", "SHARED: {} of cgroups without a slot are on the account of a cgroup above,",
        counted(slots.beyond, "packet", "packets"));
    add(lines, "", "most on {}, whose share of the slots was used up",
        printable(slots.most_beyond));
  }
  if (!slots.overflow.empty()) {
    add(lines, "", "FULL at times: {} in and {} out are on (overflow)",
        format_bytes(slots.overflow.rx_bytes), format_bytes(slots.overflow.tx_bytes));
    add(lines, "", "for more slots: cgtally down --forget; cgtally up --slots {}",
        more_slots(slots.total));
  }
  add(lines, "cgroups", "{} and {} remembered, {} missed for want of room",
      counted(slots.names, "name", "names"), counted(slots.removals, "removal", "removals"),
      format_count(slots.missed));
}

void add_expense(Lines& lines, const LedgerExpense& expense) {
  add(lines, "memory", "{}, of it {} for windows",
      format_bytes({expense.map_bytes + expense.windows_bytes}),
      format_bytes({expense.windows_bytes}));
  if (expense.window > Nanoseconds::zero()) {
    add_words(lines, "windows",
              fmt::format("{} each; at an edge up to {}, or 1/16 of a CPU's last window, are "
                          "counted in the window before",
                          format_duration(expense.window),
                          counted(expense.clock_read_bytes, "byte", "bytes")));
  }
  if (!expense.not_measured.empty()) {
    add(lines, "cost", "not known: {}", expense.not_measured);
  } else if (expense.cost.runs > 0) {
    std::string_view label = "cost";
    for (const std::string& words : cost_words(expense.cost)) {
      add_words(lines, std::exchange(label, ""), words);
    }
  } else if (expense.cost.measured > Nanoseconds::zero()) {
    add(lines, "cost", "not known: no packet was counted in {}",
        format_duration(expense.cost.measured));
  }
}

void add_refused_calls(Lines& lines, const std::vector<RefusedCall>& calls) {
  for (const RefusedCall& call : calls) {
    add(lines, "without", "{}, which the kernel refuses: {}", call.function, call.why);
  }
}

void add_allowances(Lines& lines, const LedgerStatusReport& status) {
  const std::string words = allowance_words(status.allowances);
  if (!words.empty()) {
    add(lines, "ena", "in {}: {}", format_duration(status.allowances_over), words);
    add(lines, "", "in all: {}", allowance_totals_words(status.allowances));
    for (const std::string& remedy : allowance_remedies(status.allowances)) {
      add(lines, "", "for {}", remedy);
    }
    return;
  }
  constexpr std::size_t kNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamed, status.without_allowances.size()); ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : ", ", printable(status.without_allowances[i]));
  }
  if (status.without_allowances.size() > kNamed) {
    names += fmt::format(" and {} more", status.without_allowances.size() - kNamed);
  }
  if (!names.empty()) add(lines, "ena", "no allowance counters on {}", names);
}

void add_endpoints(Lines& lines, const EndpointCondition& endpoints) {
  const char* label = "pods";
  for (const std::string& line : endpoint_lines(endpoints)) {
    add(lines, std::exchange(label, ""), "{}", line);
  }
}

std::string headline(const InterfaceCondition& interface, const Moment& now) {
  std::string text = fmt::format("{}  {}, totals since {}", printable(interface.name),
                                 interface.hook.empty() ? "not counted now" : interface.hook,
                                 since(interface.since, now));
  if (interface.gaps > 0) {
    text += fmt::format(", hook lost {}: at most {} uncounted", times(interface.gaps),
                        format_duration(interface.gap));
  }
  if (interface.displaced > 0) {
    text += fmt::format(", displaced {}: not the first for at most {}", times(interface.displaced),
                        format_duration(interface.displaced_for));
  }
  return text;
}

void add_direction(Lines& lines, Direction direction, const DirectionCondition& one, bool wanted) {
  std::string line = fmt::format(
      "  {:<{}}{:>{}}{:>{}}{:>{}}{:>{}}{:>{}}  ", direction_name(direction), kIndent - 2,
      one.device ? format_bytes(*one.device) : "-", kBytes, format_bytes(one.counted), kBytes,
      percent(one.seen), kShare, percent(one.now), kShare, percent(one.named), kShare);
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

void add_interface(Lines& lines, const InterfaceCondition& interface, const Moment& now) {
  lines.emplace_back();
  lines.push_back(headline(interface, now));
  if (!interface.unknown.empty()) {
    lines.push_back(fmt::format("  cannot be read: {}", printable(interface.unknown)));
  }
  lines.push_back(fmt::format("{:{}}{:>{}}{:>{}}{:>{}}{:>{}}{:>{}}  RUNS BEFORE OURS", "", kIndent,
                              "DEVICE", kBytes, "COUNTED", kBytes, "SEEN", kShare, "NOW", kShare,
                              "NAMED", kShare));
  const bool wanted = !interface.hook.empty();
  for (const Direction direction : kDirections) {
    add_direction(lines, direction, interface[direction], wanted);
  }
  for (const Direction direction : kDirections) {
    const DirectionCondition& one = interface[direction];
    if (!wanted || !is_blind(one.now)) continue;
    lines.push_back(fmt::format(
        "  BLIND {}", printable(blind_sentence(interface.name, direction_name(direction), *one.now,
                                               one.attached, one.before))));
  }
  for (const Direction direction : kDirections) {
    if (!interface[direction].over) continue;
    lines.push_back(
        fmt::format("  OVER {}", printable(over_sentence(interface.name, direction_name(direction),
                                                         *interface[direction].over))));
  }
  const QueueCondition& queue = interface.queue;
  if (!queue.kind.empty()) {
    lines.push_back(fmt::format("  queue {}: {} ({}) waiting, {} dropped", printable(queue.kind),
                                counted(queue.waiting.value, "packet", "packets"),
                                format_bytes(queue.backlog), format_count(queue.drops.value)));
  }
}

void add_legend(Lines& lines) {
  lines.emplace_back();
  for (const std::string_view line :
       {"DEVICE  bytes by its own count; that of a veth is taken before segmentation",
        "COUNTED ours, before the queue: what is dropped there counts, too",
        "SEEN    share of the device's count that our program saw; NOW: while this ran",
        "NAMED   share of the counted bytes that is on a cgroup, not on a reason"}) {
    lines.emplace_back(line);
  }
}

void add_leftovers(Lines& lines, const std::vector<Leftover>& leftovers) {
  for (const Leftover& one : leftovers) {
    add(lines, "leftover", "a killed cgtally left a filter: {} {} (pref {})", printable(one.iface),
        one.direction, one.preference);
  }
  if (!leftovers.empty()) add(lines, "", "remove what is left: cgtally down");
}

void add_no_ledger(Lines& lines, const LedgerStatusReport& status) {
  add(lines, "ledger", "no ledger is up at {}", printable(status.location));
  add(lines, "", "cgtally up pins one, which counts on when that command has ended;");
  add(lines, "", "live and record count without one, for as long as they run");
}

}  // namespace

std::optional<Nanoseconds> full_in(const SlotCondition& slots, Nanoseconds over) {
  if (slots.unattended == 0 || over <= Nanoseconds::zero()) return std::nullopt;
  const double free = static_cast<double>(slots.total) - static_cast<double>(slots.used);
  const double left =
      static_cast<double>(over.count()) * free / static_cast<double>(slots.unattended);
  constexpr double kMost = 100.0 * 365 * 86'400 * 1e9;  // a hundred years count as never
  if (left > kMost) return std::nullopt;
  return Nanoseconds(static_cast<std::int64_t>(std::max(left, 0.0)));
}

std::vector<std::string> status_lines(const LedgerStatusReport& status) {
  Lines lines;
  if (!status.ledger) {
    if (status.other_abis.empty()) add_no_ledger(lines, status);
    add_other_ledgers(lines, status);
    add_leftovers(lines, status.leftovers);
    return lines;
  }
  add_ledger(lines, status);
  add_other_ledgers(lines, status);
  add_keeper(lines, status);
  add_awaited(lines, status);
  add_slots(lines, status);
  add_endpoints(lines, status.endpoints);
  add_expense(lines, status.expense);
  add_refused_calls(lines, status.refused_calls);
  add_allowances(lines, status);
  add_leftovers(lines, status.leftovers);
  for (const InterfaceCondition& interface : status.interfaces) {
    add_interface(lines, interface, status.now);
  }
  if (!status.gone.empty()) {
    lines.emplace_back();
    lines.push_back(fmt::format("(gone)  interfaces that no longer exist: {} in, {} out",
                                format_bytes(status.gone.rx_bytes),
                                format_bytes(status.gone.tx_bytes)));
  }
  if (!status.interfaces.empty()) add_legend(lines);
  return lines;
}

}  // namespace cgtally
