// SPDX-License-Identifier: Apache-2.0
// The drawing half of Screen; press.cpp has the keys.
#include "core/screen/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/live/header.h"
#include "core/screen/pages.h"

namespace cgtally::screen {
namespace {

constexpr std::size_t kMostNoticeLines = 3;
constexpr std::size_t kLeastRowsWithHead = 12;

// "11-18 07:31Z"
std::string day_and_time(Nanoseconds wall) {
  return fmt::format("{}Z", format_date_time(wall).substr(5, 11));
}

// The newest notices, of `most` lines together. One that is longer loses its end, which is said.
std::vector<std::string> notice_lines(const std::vector<std::string>& notices, std::size_t columns,
                                      std::size_t most) {
  constexpr std::string_view kTime = "17:07:01Z ";
  constexpr std::string_view kCut = " ..";
  std::vector<std::string> lines;
  for (auto notice = notices.rbegin(); notice != notices.rend(); ++notice) {
    const std::string text = printable(*notice);
    auto parts = wrap(text, columns, kTime.size());
    if (!lines.empty() && lines.size() + parts.size() > most) break;
    if (parts.size() > most) {
      parts = wrap(text, columns - std::min(columns, kCut.size()), kTime.size());
      parts.resize(most);
      parts.back() += kCut;
    }
    lines.insert(lines.begin(), parts.begin(), parts.end());
  }
  return lines;
}

bool is_filtered(const View& view) { return !view.filter.empty() || !view.account_glob.empty(); }

std::string nothing_matches(const View& view) {
  if (view.filter.empty()) {
    return fmt::format("no account with traffic matches --account '{}'",
                       printable(view.account_glob));
  }
  return fmt::format("no account with traffic matches {}: esc clears the filter",
                     printable(view.filter));
}

}  // namespace

Screen::Screen(const Content& content, const ScreenOptions& options, View view)
    : content_(content), options_(options), view_(std::move(view)) {}

Frame Screen::draw(const Size& size) {
  const bool resized = size.columns != drawn_size_.columns || size.rows != drawn_size_.rows;
  if (resized) head_height_ = 0;
  drawn_size_ = size;
  zones_ = {.heading = {}, .headings = {}, .first_row_line = 0, .keys = {}, .axis = {}};
  zones_.columns = std::max<std::size_t>(size.columns, 1);
  Frame frame;
  if (view_.page == Page::accounts) {
    draw_accounts(frame.lines, size);
  } else {
    draw_page(frame.lines, size);
  }
  if (frame.lines.size() > size.rows) frame.lines.resize(size.rows);
  for (Line& line : frame.lines) line.clip_to(size.columns);
  return frame;
}

void Screen::add_head(std::vector<Line>& lines, const Size& size) {
  std::vector<std::string> head = header_lines(content().report, size.columns, size.rows);
  if (content().axis) {
    const Report& report = content().report;
    head.front() = with_right_end(
        fmt::format("{}  recorded every {}", printable(report.host), format_duration(report.every)),
        format_date_time(report.taken.wall), size.columns);
  }
  const bool small = size.rows < kLeastRowsWithHead;
  for (const std::string& line : head) {
    lines.emplace_back(line);
    if (small) break;
  }
  head_height_ = std::max(head_height_, lines.size());
  while (lines.size() < head_height_) lines.emplace_back();
}

void Screen::draw_accounts(std::vector<Line>& lines, const Size& size) {
  rows_ = rows_of(content().book, view_, order_);
  if (view_.selected) {
    order_.clear();
    for (const Row& row : rows_) order_.push_back(row.key());
  }
  add_head(lines, size);
  if (content().axis) add_axis(lines, size);
  lines.push_back(status_line());
  const std::size_t most = size.rows < kLeastRowsWithHead ? 1 : kMostNoticeLines;
  const auto notices = notice_lines(content_.report.notices, size.columns, most);
  const std::size_t fixed =
      lines.size() + 1 + notices.size() + 1;  // the table's header, the footer
  const std::size_t room = size.rows > fixed ? size.rows - fixed : 1;
  const std::size_t table_end = lines.size() + 1 + room;
  add_table(lines, size, room);
  while (lines.size() < table_end) lines.emplace_back();
  for (const std::string& notice : notices) lines.emplace_back(notice, Style::warning);
  lines.emplace_back(footer(), Style::keys);
}

Line Screen::status_line() const {
  if (view_.typing) {
    Line line("filter: ", Style::heading);
    line.add(view_.filter + "_");
    line.add("   enter keeps it, esc clears it", Style::dim);
    return line;
  }
  std::vector<std::string> parts;
  const auto all = std::ranges::count_if(rows_, [](const Row& row) { return !row.member; });
  parts.push_back(fmt::format("{} {}", all, all == 1 ? "account" : "accounts"));
  parts.push_back(fmt::format("by {}", kGroupingNames[view_.by]));
  parts.push_back(view_.iface.empty() ? "all interfaces" : view_.iface);
  parts.push_back(
      fmt::format("sort {}{}", sort_name(view_.sort), view_.reversed ? " reversed" : ""));
  if (!view_.filter.empty()) parts.push_back("/" + view_.filter);
  if (view_.selected) parts.emplace_back("order held");
  Line line;
  for (const std::string& part : parts) line.add(part + "   ", Style::dim);
  if (still_) {
    line.add(fmt::format("PAUSED at {}   ", format_clock(still_->report.taken.wall)),
             Style::warning);
  }
  if (!message_.empty()) line.add(message_, Style::warning);
  return line;
}

std::string Screen::footer() const {
  const std::string keys = content_.axis
                               ? "? help  left/right time  space play  / filter  s sort  b by  i "
                                 "interface  q quit"
                               : "? help  / filter  s sort  b by  i interface  enter detail  "
                                 "space pause  q quit";
  if (content_.axis) return keys;
  return with_right_end(
      keys,
      fmt::format("totals since {}, never reset", day_and_time(content_.report.ledger.since.wall)),
      zones_.columns);
}

// How many rows there are room for, and from which one on, so that the chosen one is among them.
void Screen::scroll_table(std::size_t room) {
  const std::size_t listed = std::min(options_.top, rows_.size());
  const bool all_fit = rows_.size() <= room && listed == rows_.size();
  visible_ = all_fit ? rows_.size() : std::min(listed, room - 1);
  visible_ = std::max<std::size_t>(visible_, 1);
  const auto chosen =
      std::ranges::find_if(rows_, [this](const Row& row) { return view_.selected == row.key(); });
  if (chosen != rows_.end()) {
    const auto place = static_cast<std::size_t>(chosen - rows_.begin());
    first_ = std::clamp(first_, place + 1 - std::min(place + 1, visible_), place);
  }
  first_ = std::min(first_, listed - std::min(listed, visible_));
}

void Screen::add_table(std::vector<Line>& lines, const Size& size, std::size_t room) {
  const Table table(view_, size, content().book.knows_connections());
  zones_.heading = lines.size();
  zones_.headings = table.zones();
  lines.push_back(table.header());
  zones_.first_row_line = lines.size();
  if (rows_.empty() && is_filtered(view_)) {
    lines.emplace_back(nothing_matches(view_), Style::dim);
    return;
  }
  scroll_table(room);
  std::vector<const Row*> shown;
  std::vector<const Row*> others;
  std::uint64_t busiest = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const bool here = first_ <= i && i < first_ + visible_;
    (here ? shown : others).push_back(&rows_[i]);
    if (!rows_[i].member) busiest = std::max(busiest, table.weight(rows_[i].line));
  }
  const std::vector<std::string> names = table.names(shown);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    lines.push_back(table.row(*shown[i], names[i], busiest));
    zones_.keys.push_back(shown[i]->key());
  }
  const auto count = std::ranges::count_if(others, [](const Row* row) { return !row->member; });
  if (count == 0) return;
  Row rest{.line = sum_of(others)};
  rest.line.account = fmt::format("(others) {} {}", count, count == 1 ? "account" : "accounts");
  rest.line.queue_delay.reset();
  lines.push_back(table.row(rest, table.names({&rest}).front(), 0));
}

void Screen::add_axis(std::vector<Line>& lines, const Size& size) {
  const TimeAxis& axis = *content().axis;
  const std::size_t width = std::max<std::size_t>(size.columns, 1);
  const std::size_t parts = std::max<std::size_t>(axis.traffic.size(), 1);
  std::vector<double> values(width);
  for (std::size_t i = 0; i < std::max(parts, width) && !axis.traffic.empty(); ++i) {
    // More parts than columns are added up; fewer are as wide as it takes.
    const std::size_t part = parts > width ? i : i * parts / width;
    const std::size_t column = parts > width ? i * width / parts : i;
    values[column] += axis.traffic[part];
  }
  zones_.axis = lines.size();
  const Nanoseconds span = axis.end - axis.begin;
  const Nanoseconds at = content().report.taken.wall - axis.begin;
  const double share = span > Nanoseconds::zero()
                           ? static_cast<double>(at.count()) / static_cast<double>(span.count())
                           : 1;
  const auto place =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width - 1));
  const std::string bars = chart(values, 1, size.unicode).front();
  const std::string_view before = clip(bars, place);
  const std::string_view here = clip(std::string_view(bars).substr(before.size()), 1);
  Line line(before, Style::bar);
  line.add(here == " " ? "|" : here, Style::selected);
  line.add(std::string_view(bars).substr(before.size() + here.size()), Style::dim);
  lines.push_back(std::move(line));
  const std::string left = fmt::format("{}  {}", format_date_time(axis.begin),
                                       axis.playing ? "playing " + axis.speed : "stopped");
  lines.emplace_back(with_right_end(left, format_date_time(axis.end), width), Style::dim);
}

void Screen::draw_page(std::vector<Line>& lines, const Size& size) {
  const Content& now = content();
  std::vector<Line> all;
  switch (view_.page) {
    case Page::account: {
      rows_ = rows_of(now.book, view_, order_);
      const auto row = std::ranges::find_if(
          rows_, [this](const Row& one) { return view_.selected == one.key(); });
      all = account_page(now, view_, row == rows_.end() ? nullptr : &*row, size);
      break;
    }
    case Page::bursts:
      all = bursts_page(now, size);
      break;
    case Page::credits:
      all = credits_page(now, size, Nanoseconds(static_cast<std::int64_t>(options_.warn_s * 1e9)));
      break;
    default:
      all = help_page(content_.axis.has_value(), size);
  }
  const std::size_t room = size.rows > 1 ? size.rows - 1 : 1;
  visible_ = room;
  scroll_ = std::min(scroll_, all.size() - std::min(all.size(), room));
  for (std::size_t i = scroll_; i < all.size() && i < scroll_ + room; ++i) {
    lines.push_back(std::move(all[i]));
  }
  while (lines.size() < room) lines.emplace_back();
  const std::string more = scroll_ + room < all.size() ? "  down: more" : "";
  lines.emplace_back(fmt::format("esc back  1 accounts  2 bursts  3 credits  ? help  q quit{}{}",
                                 more, still_ ? "  PAUSED" : ""),
                     Style::keys);
}

}  // namespace cgtally::screen
