// SPDX-License-Identifier: Apache-2.0
// A chapter about which the files tell nothing is empty, or says what is missing.
#include "core/report/chapters.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "core/base/timestamp.h"
#include "core/credits/alarm.h"
#include "core/credits/screen.h"
#include "core/lifecycle/lines.h"
#include "core/report/words.h"

namespace cgtally::report {
namespace {

constexpr std::size_t kNamed = 4;
constexpr std::size_t kMostEnds = 12;

using Sentences = std::vector<std::string>;

// --- Traffic

std::string direction_words(const InterfaceReplay& interface, Direction direction,
                            const Words& words) {
  const Bytes moved = bytes_of(interface.moved, direction);
  const auto mean = rate(moved, interface.recorded);
  const Peak& peak = interface.peaks[direction];
  std::string text = fmt::format("{} {}", moved_word(direction), format_bytes(moved));
  if (mean) text += fmt::format(", mean {}", format_bit_rate(*mean));
  if (peak.wall > Nanoseconds::zero()) {
    text += fmt::format(", peak {} at {}", format_bit_rate(peak.rate), words.time(peak.wall));
  }
  return text;
}

Sentences moved_sentences(const Findings& findings, const Words& words) {
  Sentences sentences;
  const auto& interfaces = findings.traffic->interfaces;
  for (std::size_t i = 0; i < std::min(interfaces.size(), kNamed); ++i) {
    const InterfaceReplay& one = interfaces[i];
    sentences.push_back(fmt::format("{} {}; it {}.", words.interface(one.host, one.iface),
                                    direction_words(one, Direction::tx, words),
                                    direction_words(one, Direction::rx, words)));
  }
  if (interfaces.size() > kNamed) {
    sentences.push_back(
        fmt::format("{} more are in the table.", counted(interfaces.size() - kNamed, "interface")));
  }
  return sentences;
}

Sentences foreign_sentences(const Findings& findings, const Words& words) {
  Sentences sentences;
  for (const InterfaceCourse& course : findings.interfaces) {
    if (sentences.size() == kNamed) break;
    std::string text;
    for (const Direction direction : {Direction::tx, Direction::rx}) {
      const Track& track = course.rates[direction];
      if (track.empty()) continue;
      double most = 0;
      for (const Slot& slot : track.slots()) most = std::max(most, double{slot.most});
      text += fmt::format("{}{} {}, peak {}", text.empty() ? " " : "; it ", moved_word(direction),
                          format_bytes(whole_bytes(course.bytes[direction])),
                          format_bit_rate(whole_rate(most)));
    }
    sentences.push_back(words.interface(course.host, course.iface) + text + ".");
  }
  return sentences;
}

// "redis.service sent 543.1 MB, 89.7 % of it; backup.service 38.2 MB, 6.3 %".
std::string who_sentence(const InterfaceCourse& course, Direction direction, const Words& words) {
  std::vector<const AccountCourse*> ranked;
  for (const auto& [account, one] : course.accounts) ranked.push_back(&one);
  std::ranges::stable_sort(ranked, std::greater{},
                           [direction](const AccountCourse* one) { return one->bytes[direction]; });
  std::string text;
  std::size_t named = 0;
  for (const AccountCourse* one : ranked) {
    const double bytes = one->bytes[direction];
    constexpr double kWorthAName = 0.001;
    const bool much = named == 0 || bytes >= kWorthAName * course.bytes[direction];
    if (named == kNamed || bytes <= 0 || !much) break;
    text +=
        fmt::format("{}{} {}, {}", named == 0 ? "" : "; ", one->label,
                    format_bytes(whole_bytes(bytes)), share_words(bytes, course.bytes[direction]));
    ++named;
  }
  if (named == 0) return {};
  const auto moving = static_cast<std::size_t>(std::ranges::count_if(
      ranked, [direction](const AccountCourse* one) { return one->bytes[direction] > 0; }));
  if (moving > named) text += fmt::format("; and {}", counted(moving - named, "other"));
  return fmt::format("Of what {} {}: {}.", words.interface(course.host, course.iface),
                     moved_word(direction), text);
}

Sentences who_sentences(const Findings& findings, const Words& words) {
  Sentences sentences;
  for (const InterfaceCourse& course : findings.interfaces) {
    if (!carries_much(findings, course)) continue;
    for (const Direction direction : {Direction::tx, Direction::rx}) {
      if (sentences.size() == 2 * kNamed) return sentences;
      std::string sentence = who_sentence(course, direction, words);
      if (!sentence.empty()) sentences.push_back(std::move(sentence));
    }
  }
  return sentences;
}

}  // namespace

Chapter traffic_chapter(const Findings& findings, const Words& words) {
  return {.title = "What happened",
          .sentences = findings.traffic ? moved_sentences(findings, words)
                                        : foreign_sentences(findings, words)};
}

Chapter who_chapter(const Findings& findings, const Words& words) {
  return {.title = "Who", .sentences = who_sentences(findings, words)};
}

namespace {
// --- Credits

bool may_end(const DirectionCredit& credit) { return credit.watched && credit.terms.has_credits(); }

Sentences credit_sentences(const CreditCourse& course, const Words& words) {
  Sentences sentences;
  for (const Direction direction : kCreditOrder) {
    const DirectionCredit& credit = course.last.directions[direction];
    if (!credit.watched) continue;
    const std::string whose = capital(words.credits(course, direction));
    if (!credit.terms.has_credits()) {
      sentences.push_back(whose + ": none; the baseline is all there is.");
      continue;
    }
    sentences.push_back(fmt::format(
        "{}: {}.", whose,
        credit_history_words(course.histories[direction], course.begin, course.last.taken.wall)));
    sentences.push_back(
        fmt::format("At the end: {}, {} left of {} ({}), {}.", credit_state_name(credit.state),
                    format_byte_range(credit.balance), format_byte_range(credit.capacity),
                    basis_name(credit.capacity_basis), credit_outlook(credit)));
    if (!credit.evidence.empty()) {
      sentences.push_back(fmt::format("Why: {}.", credit.evidence.back()));
    }
  }
  if (course.gaps > 0) {
    sentences.push_back(fmt::format("{}, {} in all: not recorded, and charged as unknown.",
                                    counted(course.gaps, "gap"), format_duration(course.gap)));
  }
  std::ranges::copy(course.notes, std::back_inserter(sentences));
  return sentences;
}

std::string limits_words(const CreditCourse& course) {
  const DirectionCredit& tx = course.last.directions[Direction::tx];
  const DirectionCredit& any = tx.watched ? tx : course.last.directions[Direction::rx];
  const std::string& name = course.last.instance.name;
  return fmt::format("{}aseline {}, burst {}{}.", name.empty() ? "B" : name + ": b",
                     format_bit_rate(any.terms.baseline), format_bit_rate(any.terms.burst),
                     course.estimated ? "" : "; balances as they were recorded");
}

}  // namespace

Chapter credits_chapter(const Findings& findings, const Words& words) {
  Chapter chapter{.title = "The credits", .sentences = {}};
  if (findings.credits.empty()) {
    chapter.sentences.emplace_back(
        "Not judged: these files have no credits. Give the instance's type, as --instance "
        "t4g.small, to see when they would have ended.");
    return chapter;
  }
  for (std::size_t i = 0; i < std::min(findings.credits.size(), kNamed); ++i) {
    chapter.sentences.push_back(limits_words(findings.credits[i]));
    std::ranges::move(credit_sentences(findings.credits[i], words),
                      std::back_inserter(chapter.sentences));
  }
  return chapter;
}

namespace {

// --- Bursts

}  // namespace

Chapter bursts_chapter(const BurstFindings& bursts, const Words& words) {
  Chapter chapter{.title = "The bursts", .sentences = {}};
  if (bursts.count() == 0) {
    chapter.sentences.emplace_back("There was none.");
    return chapter;
  }
  const auto length = [&bursts](double part) {
    return format_duration(
        Nanoseconds(static_cast<std::int64_t>(bursts.lengths().percentile(part))));
  };
  chapter.sentences.push_back(fmt::format(
      "{} with {} in all; length p50 {}, p90 {}, longest {}.", counted(bursts.count(), "burst"),
      format_bytes(bursts.bytes()), length(0.5), length(0.9),
      format_duration(Nanoseconds(static_cast<std::int64_t>(bursts.lengths().greatest())))));
  const RecordedBurst& fastest = *bursts.fastest();
  chapter.sentences.push_back(
      fmt::format("The fastest was on {} at {}: peak {} {}, led by {}.",
                  words.interface(fastest.host, fastest.iface), words.time(fastest.wall),
                  format_bit_rate(fastest.peak), direction_name(fastest.direction),
                  fastest.account.empty() ? "nobody that is known" : fastest.account));
  chapter.sentences.push_back(
      !bursts.counters_known()
          ? "There were no allowance counters: whether packets were held back is not known."
      : bursts.held_back() == 0
          ? "No allowance counter moved: nothing was held back."
          : fmt::format("In {} packets were held back by the instance's limits.",
                        counted(bursts.held_back(), "burst")));
  std::vector<std::pair<std::string, BurstFindings::Led>> ranked(bursts.accounts().begin(),
                                                                 bursts.accounts().end());
  std::ranges::stable_sort(ranked, std::greater{},
                           [](const auto& one) { return one.second.bytes; });
  std::string top;
  for (std::size_t i = 0; i < std::min(ranked.size(), kNamed); ++i) {
    if (ranked[i].first.empty()) continue;
    top += fmt::format("{}{} led {} with {}", top.empty() ? "" : "; ", ranked[i].first,
                       format_count(ranked[i].second.bursts),
                       format_bytes(whole_bytes(ranked[i].second.bytes)));
  }
  if (!top.empty()) chapter.sentences.push_back(fmt::format("Who: {}.", top));
  return chapter;
}

namespace {

// --- Ends of containers

}  // namespace

std::size_t count_of(const Findings& findings, lifecycle::Event event) {
  return static_cast<std::size_t>(
      std::ranges::count(findings.lives, event, &lifecycle::Row::event));
}

std::vector<const lifecycle::Row*> lossy_ends(const Findings& findings) {
  std::vector<const lifecycle::Row*> rows;
  for (const lifecycle::Row& row : findings.lives) {
    if (row.event == lifecycle::Event::ended && lifecycle::lost_something(row))
      rows.push_back(&row);
  }
  return rows;
}

Chapter lives_chapter(const Findings& findings) {
  const std::size_t ends = count_of(findings, lifecycle::Event::ended);
  const auto lossy = lossy_ends(findings);
  Chapter chapter{.title = "The containers", .sentences = {}};
  chapter.sentences.push_back(
      fmt::format("{} began, {} ended; after {} something was lost.",
                  format_count(count_of(findings, lifecycle::Event::begun)), format_count(ends),
                  lossy.empty() ? "none of the ends" : counted(lossy.size(), "end")));
  constexpr std::size_t kColumns = 100;
  for (std::size_t i = 0; i < std::min(lossy.size(), kMostEnds); ++i) {
    chapter.pasteable +=
        fmt::format("{}\n", fmt::join(lifecycle::lines_of(*lossy[i], kColumns), "\n"));
  }
  return chapter;
}

namespace {

// --- What to do, and how complete the files are

}  // namespace

Chapter advice_chapter(const Findings& findings, const Words& words) {
  Chapter chapter{.title = "What to do", .sentences = {}};
  for (const CreditCourse& course : findings.credits) {
    for (const Direction direction : kCreditOrder) {
      const DirectionCredit& credit = course.last.directions[direction];
      if (!may_end(credit)) continue;
      const std::string danger = danger_sentence(credit, findings.warn);
      const std::string remedy = credit_remedy(credit, findings.warn);
      if (remedy.empty()) continue;
      chapter.sentences.push_back(
          fmt::format("{}: {}. To end that: {}{}.", capital(words.credits(course, direction)),
                      danger.empty() ? "they drain while it goes on like this" : danger, remedy,
                      course.last.larger ? fmt::format(", or {}", *course.last.larger) : ""));
    }
  }
  chapter.pasteable = fmt::format("{}", fmt::join(findings.advice, "\n"));
  if (!findings.advice.empty()) {
    chapter.sentences.emplace_back("So that nothing is lost when these containers end:");
  }
  if (chapter.sentences.empty()) {
    chapter.sentences.emplace_back("Nothing in these files asks for a change.");
  }
  return chapter;
}

namespace {

void add_finding(Sentences& sentences, const Observation& found, std::string_view meaning) {
  if (found.count == 0) return;
  const std::string times =
      found.count == 1 ? "" : fmt::format("{} times, first ", format_count(found.count));
  sentences.push_back(fmt::format("{} ({}{}).", meaning, times, found.first));
}

}  // namespace

Chapter completeness_chapter(const ReplayReport& report) {
  Chapter chapter{.title = "What to know of the recording", .sentences = {}};
  Sentences& list = chapter.sentences;
  add_finding(list, report.resets, "An account began again at zero, and is counted from there");
  add_finding(list, report.gaps, "Not recorded; rates across it are means over the whole of it");
  add_finding(list, report.long_intervals,
              fmt::format("Longer than the usual {}: rates there are means",
                          format_duration(report.typical_interval)));
  add_finding(list, report.no_kernel_row,
              "No (kernel) row: rows were taken out, or the interface had gone");
  add_finding(list, report.ledgers,
              "The totals began again in a new ledger; its first interval tells");
  add_finding(list, report.overlaps,
              "Two ledgers counted at the same time: their traffic is here twice");
  add_finding(list, report.disagreements,
              "Interval columns that the totals contradict; the totals were used");
  return chapter;
}

}  // namespace cgtally::report
