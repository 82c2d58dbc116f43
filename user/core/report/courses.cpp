// SPDX-License-Identifier: Apache-2.0
#include "core/report/courses.h"

#include <algorithm>
#include <functional>

namespace cgtally::report {
namespace {

constexpr double kBitsPerByte = 8;

void add_bytes(Track& track, Nanoseconds begin, Nanoseconds end, double bytes) {
  if (end <= begin) return;
  track.add(begin, end, bytes * kBitsPerByte / std::chrono::duration<double>(end - begin).count());
}

double in_bytes(const Sample& row, Direction direction) {
  return static_cast<double>(bytes_of(row.delta, direction).value);
}

void include(InterfaceCourse& course, Nanoseconds begin, Nanoseconds end) {
  const bool first = course.end == Nanoseconds::zero();
  course.begin = first ? begin : std::min(course.begin, begin);
  course.end = std::max(course.end, end);
}

double middle(const ByteRange& range) {
  return range.bounded() ? (range.lo + range.hi) / 2 : range.lo;
}

}  // namespace

// Rows of one interface mostly follow each other.
Courses::Entry& Courses::entry(const std::string& host, const std::string& iface) {
  if (last_ != nullptr && last_->course.iface == iface && last_->course.host == host) return *last_;
  Entry& found = entries_[{host, iface}];
  found.course.host = host;
  found.course.iface = iface;
  last_ = &found;
  return found;
}

void Courses::flush(InterfaceCourse& course, Pending& pending) {
  if (pending.end > pending.begin) include(course, pending.begin, pending.end);
  for (const Direction direction : kDirections) {
    add_bytes(course.rates[direction], pending.begin, pending.end, pending.bytes[direction]);
    course.bytes[direction] += pending.bytes[direction];
  }
  pending.bytes = {};
}

void Courses::add(const Sample& row) {
  Entry& found = entry(row.host, row.iface);
  Pending& now = found.pending[row.ledger];
  const Nanoseconds begin = row.taken.wall - row.interval;
  if (now.boot != row.taken.boot) {
    flush(found.course, now);
    now = {.boot = row.taken.boot, .begin = begin, .end = row.taken.wall};
  }
  for (const Direction direction : kDirections) now.bytes[direction] += in_bytes(row, direction);
  auto& accounts = found.course.accounts;
  auto place = accounts.find(row.account);
  if (place == accounts.end()) {
    if (accounts.size() >= kMostAccounts) return;
    place = accounts.emplace(row.account, AccountCourse{}).first;
  }
  place->second.label = row.label();
  for (const Direction direction : kDirections) {
    const double bytes = in_bytes(row, direction);
    if (bytes == 0) continue;
    add_bytes(place->second.rates[direction], begin, row.taken.wall, bytes);
    place->second.bytes[direction] += bytes;
  }
}

void Courses::add(const std::string& host, const std::string& iface, Direction direction,
                  Nanoseconds begin, Nanoseconds end, double bytes) {
  InterfaceCourse& course = entry(host, iface).course;
  include(course, begin, end);
  add_bytes(course.rates[direction], begin, end, bytes);
  course.bytes[direction] += bytes;
}

std::vector<InterfaceCourse> Courses::finish() && {
  std::vector<InterfaceCourse> courses;
  for (auto& [key, entry] : entries_) {
    for (auto& [ledger, pending] : entry.pending) flush(entry.course, pending);
    courses.push_back(std::move(entry.course));
  }
  std::ranges::stable_sort(courses, std::greater{}, [](const InterfaceCourse& course) {
    return course.bytes.rx + course.bytes.tx;
  });
  return courses;
}

void CreditCourseBuilder::add_interval(const CreditReport& report, Nanoseconds begin) {
  for (const Direction direction : kDirections) {
    add_direction(direction, report.directions[direction], begin, report.taken);
  }
}

// A time that was not recorded has no slot. The first interval is as long as the second.
void CreditCourseBuilder::add(const CreditReport& report) {
  constexpr int kClearly = 3;
  const Moment now = report.taken;
  course_.last = report;
  if (!previous_) {
    course_.host = report.host;
    course_.begin = now.wall;
    first_ = report;
  } else {
    const Nanoseconds length = now.boot - previous_->boot;
    if (usual_ == Nanoseconds::zero()) usual_ = length;
    if (first_) add_interval(*first_, first_->taken.wall - usual_);
    first_.reset();
    const bool gap = length > kClearly * usual_ && usual_ > Nanoseconds::zero();
    add_interval(report, gap ? now.wall - usual_ : previous_->wall);
  }
  previous_ = now;
}

void CreditCourseBuilder::add_direction(Direction direction, const DirectionCredit& credit,
                                        Nanoseconds begin, const Moment& now) {
  if (!credit.watched) return;
  const bool exhausted = credit.state == CreditState::exhausted;
  auto& tracks = course_.directions[direction];
  tracks.low.add(begin, now.wall, credit.balance.lo);
  if (credit.balance.bounded()) tracks.high.add(begin, now.wall, credit.balance.hi);
  tracks.exhausted.add(begin, now.wall, exhausted ? 1 : 0);
  course_.capacity[direction] =
      std::max(course_.capacity[direction],
               credit.capacity.bounded() ? credit.capacity.hi : credit.capacity.lo);
  CreditHistory& history = course_.histories[direction];
  const bool before = std::exchange(was_exhausted_[direction], exhausted);
  if (exhausted) {
    history.exhaustions += before ? 0 : 1;
    history.exhausted += now.wall - begin;
    history.first_wall = history.first_wall.value_or(begin);
  }
  if (!history.lowest || middle(credit.balance) < middle(*history.lowest)) {
    history.lowest = credit.balance;
  }
}

void CreditCourseBuilder::finish_with(const CreditReplayResult& result) {
  course_.last = result.last;
  course_.histories = result.histories;
  course_.begin = result.begin;
  course_.gaps = result.gaps;
  course_.gap = result.gap;
}

}  // namespace cgtally::report
