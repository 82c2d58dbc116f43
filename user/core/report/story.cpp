// SPDX-License-Identifier: Apache-2.0
// Chapters come in the order in which a reader asks.
#include "core/report/story.h"

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

// --- The lead: the worst thing first

std::string exhaustion_lead(const Findings& findings, const Words& words) {
  for (const CreditCourse& course : findings.credits) {
    for (const Direction direction : kCreditOrder) {
      const CreditHistory& history = course.histories[direction];
      const DirectionCredit& credit = course.last.directions[direction];
      if (history.exhaustions == 0 || !credit.watched) continue;
      const std::string who =
          credit.top_accounts.named.empty()
              ? ""
              : fmt::format(" {} {} most of it.", credit.top_accounts.named.front().shown(),
                            moved_word(direction));
      return fmt::format("{} were exhausted {}, {} in all, first at {}.{}",
                         capital(words.credits(course, direction)),
                         counted(history.exhaustions, "time"), format_duration(history.exhausted),
                         words.time(history.first_wall.value_or(course.begin)), who);
    }
  }
  return {};
}

std::string draining_lead(const Findings& findings, const Words& words) {
  for (const CreditCourse& course : findings.credits) {
    for (const Direction direction : kCreditOrder) {
      const DirectionCredit& credit = course.last.directions[direction];
      if (!credit.watched || credit.state != CreditState::draining || !credit.empty) continue;
      return fmt::format("{} were draining at the end: {}.",
                         capital(words.credits(course, direction)), format_outlook(*credit.empty));
    }
  }
  return {};
}

std::string traffic_lead(const Findings& findings, const Words& words) {
  if (findings.interfaces.empty()) return {};
  const InterfaceCourse& course = findings.interfaces.front();
  const auto direction = course.bytes.tx >= course.bytes.rx ? Direction::tx : Direction::rx;
  const AccountCourse* top = nullptr;
  for (const auto& [account, one] : course.accounts) {
    if (top == nullptr || one.bytes[direction] > top->bytes[direction]) top = &one;
  }
  const std::string moved =
      fmt::format("{} {} {}", words.interface(course.host, course.iface), moved_word(direction),
                  format_bytes(whole_bytes(course.bytes[direction])));
  if (top == nullptr) return moved + ".";
  return fmt::format("{}, {} of it by {}.", moved,
                     share_words(top->bytes[direction], course.bytes[direction]), top->label);
}

std::string lead_of(const Findings& findings, const Words& words) {
  std::string lead = exhaustion_lead(findings, words);
  if (lead.empty()) lead = draining_lead(findings, words);
  const auto lossy = lossy_ends(findings);
  if (!lossy.empty()) {
    lead += fmt::format("{}After {} of {} something was lost.", lead.empty() ? "" : " ",
                        format_count(lossy.size()),
                        counted(count_of(findings, lifecycle::Event::ended), "end"));
  }
  if (findings.bursts.held_back() > 0) {
    lead += fmt::format("{}In {} the instance held packets back.", lead.empty() ? "" : " ",
                        counted(findings.bursts.held_back(), "burst"));
  }
  const std::string traffic = traffic_lead(findings, words);
  return traffic.empty() || lead.empty() ? lead + traffic : fmt::format("{} {}", traffic, lead);
}

// --- Key figures

void add_traffic_figures(std::vector<KeyFigure>& figures, const Findings& findings,
                         const Words& words) {
  if (findings.interfaces.empty()) return;
  const InterfaceCourse& course = findings.interfaces.front();
  for (const Direction direction : {Direction::tx, Direction::rx}) {
    const Track& track = course.rates[direction];
    if (track.empty()) continue;
    double most = 0;
    for (const Slot& slot : track.slots()) most = std::max(most, double{slot.most});
    figures.push_back(
        {.label = capital(std::string(moved_word(direction))),
         .value = format_bytes(whole_bytes(course.bytes[direction])),
         .note = fmt::format("{}, peak {}", words.interface(course.host, course.iface),
                             format_bit_rate(whole_rate(most)))});
  }
}

std::vector<KeyFigure> figures_of(const Findings& findings, const Words& words) {
  std::vector<KeyFigure> figures;
  add_traffic_figures(figures, findings, words);
  if (!findings.credits.empty()) {
    const CreditCourse& course = findings.credits.front();
    const DirectionCredit& credit = course.last.directions[Direction::tx].watched
                                        ? course.last.directions[Direction::tx]
                                        : course.last.directions[Direction::rx];
    figures.push_back({.label = fmt::format("Credits, {}", direction_name(credit.direction)),
                       .value = std::string(credit_state_name(credit.state)),
                       .note = credit.terms.has_credits()
                                   ? fmt::format("{} left, {}", format_byte_range(credit.balance),
                                                 credit_outlook(credit))
                                   : "this type has none"});
  }
  if (findings.has_bursts) {
    figures.push_back({.label = "Bursts",
                       .value = format_count(findings.bursts.count()),
                       .note = findings.bursts.counters_known()
                                   ? fmt::format("{} with packets held back",
                                                 format_count(findings.bursts.held_back()))
                                   : "no allowance counters"});
  }
  if (findings.has_lives) {
    figures.push_back(
        {.label = "Ends of containers",
         .value = format_count(count_of(findings, lifecycle::Event::ended)),
         .note = fmt::format("{} lost something", format_count(lossy_ends(findings).size()))});
  }
  return figures;
}

}  // namespace

Story story_of(const Findings& findings) {
  const Words words(findings);
  Story story{
      .lead = lead_of(findings, words), .figures = figures_of(findings, words), .chapters = {}};
  const auto add = [&story](Chapter chapter) {
    if (!chapter.sentences.empty()) story.chapters.push_back(std::move(chapter));
  };
  add(traffic_chapter(findings, words));
  add(who_chapter(findings, words));
  add(credits_chapter(findings, words));
  if (findings.has_bursts) add(bursts_chapter(findings.bursts, words));
  if (findings.has_lives) add(lives_chapter(findings));
  add(advice_chapter(findings, words));
  if (findings.traffic) add(completeness_chapter(*findings.traffic));
  return story;
}

}  // namespace cgtally::report
