// SPDX-License-Identifier: Apache-2.0
#include "core/report/findings.h"

#include <algorithm>

namespace cgtally::report {
namespace {

// Each moment that a file tells of.
template <typename Visit>
void for_each_moment(const Findings& findings, Visit visit) {
  for (const InterfaceCourse& course : findings.interfaces) {
    visit(course.begin);
    visit(course.end);
  }
  for (const CreditCourse& course : findings.credits) {
    visit(course.begin);
    visit(course.last.taken.wall);
  }
  for (const RecordedBurst& burst : findings.bursts.largest()) visit(burst.wall);
  for (const lifecycle::Row& row : findings.lives) visit(row.at.wall);
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
}

}  // namespace

bool carries_much(const Findings& findings, const InterfaceCourse& course) {
  constexpr double kMuch = 0.05;
  double all = 0;
  for (const InterfaceCourse& one : findings.interfaces) all += one.bytes.rx + one.bytes.tx;
  return course.bytes.rx + course.bytes.tx >= kMuch * all;
}

std::vector<std::string> Findings::hosts() const {
  std::vector<std::string> names;
  for (const InterfaceCourse& course : interfaces) add_once(names, course.host);
  for (const CreditCourse& course : credits) add_once(names, course.host);
  for (const RecordedBurst& burst : bursts.largest()) add_once(names, burst.host);
  for (const lifecycle::Row& row : lives) add_once(names, row.host);
  return names;
}

Nanoseconds Findings::begin() const {
  std::optional<Nanoseconds> first;
  for_each_moment(*this,
                  [&first](Nanoseconds wall) { first = std::min(first.value_or(wall), wall); });
  return first.value_or(Nanoseconds{});
}

Nanoseconds Findings::end() const {
  Nanoseconds last{};
  for_each_moment(*this, [&last](Nanoseconds wall) { last = std::max(last, wall); });
  return last;
}

}  // namespace cgtally::report
