// SPDX-License-Identifier: Apache-2.0
// The keys of Screen: how each changes the view, or what it asks of the command.
#include <algorithm>
#include <array>
#include <iterator>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/screen/screen.h"

namespace cgtally::screen {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongestFilter = 120;  // bytes
constexpr std::size_t kWheelRows = 3;
constexpr auto kIntervals =
    std::to_array<Nanoseconds>({100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 30s, 1min, 5min, 1h});

void remove_last_character(std::string& text) {
  while (!text.empty()) {
    const auto last = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((last & 0xC0U) != 0x80U) return;
  }
}

}  // namespace

Wish Screen::press(const Key& key) {
  Wish wish;
  message_.clear();
  if (key.kind == KeyKind::end_of_input) {
    wish.quit = true;
  } else if (view_.typing) {
    type(key);
  } else if (press_anywhere(key, wish)) {
    return wish;
  } else if (view_.page == Page::accounts) {
    press_on_accounts(key, wish);
  } else {
    press_on_page(key);
  }
  return wish;
}

void Screen::type(const Key& key) {
  switch (key.kind) {
    case KeyKind::character:
      if (key.character >= U' ' && key.character != 0x7F && view_.filter.size() < kLongestFilter) {
        append_utf8(view_.filter, key.character);
      }
      break;
    case KeyKind::backspace:
      remove_last_character(view_.filter);
      break;
    case KeyKind::enter:
      view_.typing = false;
      break;
    case KeyKind::escape:
      view_.typing = false;
      view_.filter.clear();
      break;
    default:
      return;
  }
  first_ = 0;
  reorder();
}

// The keys that mean the same on each page.
bool Screen::press_anywhere(const Key& key, Wish& wish) {
  if (key.kind == KeyKind::help) return open(Page::help), true;
  if (key.kind == KeyKind::tab || key.kind == KeyKind::back_tab) {
    constexpr std::array kPages{Page::accounts, Page::bursts, Page::credits};
    const auto here = std::ranges::find(kPages, view_.page);
    const auto place =
        static_cast<std::size_t>((here == kPages.end() ? kPages.begin() : here) - kPages.begin());
    const std::size_t step = key.kind == KeyKind::tab ? 1 : kPages.size() - 1;
    return open(kPages.at((place + step) % kPages.size())), true;
  }
  if (key.kind != KeyKind::character) return press_time(key, wish);
  switch (key.character) {
    case U'q':
    case U'Q':
      wish.quit = true;
      return true;
    case U'?':
    case U'h':
      return open(Page::help), true;
    case U'1':
      return open(Page::accounts), true;
    case U'2':
      return open(Page::bursts), true;
    case U'3':
      return open(Page::credits), true;
    case U' ':
    case U'p':
      return toggle_pause(wish), true;
    case U'+':
    case U'=':
      return change_interval(1, wish), true;
    case U'-':
      return change_interval(-1, wish), true;
    default:
      return press_time(key, wish);
  }
}

// Moves along the time of a recording.
bool Screen::press_time(const Key& key, Wish& wish) {
  if (!content_.axis) return false;
  const bool character = key.kind == KeyKind::character;
  if (key.kind == KeyKind::left || key.kind == KeyKind::right) {
    wish.seek = {.by = Seek::By::rows, .amount = key.kind == KeyKind::left ? -1.0 : 1.0};
  } else if (character && (key.character == U'[' || key.character == U']')) {
    wish.seek = {.by = Seek::By::minutes, .amount = key.character == U'[' ? -1.0 : 1.0};
  } else if (character && (key.character == U'{' || key.character == U'}')) {
    wish.seek = {.by = Seek::By::share, .amount = key.character == U'{' ? 0.0 : 1.0};
  } else {
    return false;
  }
  return true;
}

void Screen::press_on_accounts(const Key& key, Wish& wish) {
  const auto page = static_cast<std::ptrdiff_t>(visible_);
  switch (key.kind) {
    case KeyKind::up:
      return move(-1);
    case KeyKind::down:
      return move(1);
    case KeyKind::page_up:
      return move(-page);
    case KeyKind::page_down:
      return move(page);
    case KeyKind::home:
      return move(-static_cast<std::ptrdiff_t>(rows_.size()));
    case KeyKind::end:
      return move(static_cast<std::ptrdiff_t>(rows_.size()));
    case KeyKind::left:
    case KeyKind::right:
      return toggle_members();
    case KeyKind::enter:
      if (!view_.selected && !rows_.empty()) move(1);
      if (view_.selected) open(Page::account);
      return;
    case KeyKind::escape:
      if (view_.selected) {
        view_.selected.reset();
        first_ = 0;
      } else {
        view_.filter.clear();
      }
      return reorder();
    case KeyKind::click:
    case KeyKind::wheel_up:
    case KeyKind::wheel_down:
      return press_mouse(key, wish);
    case KeyKind::character:
      return press_choice(key.character);
    default:
      return;
  }
}

void Screen::press_choice(char32_t character) {
  switch (character) {
    case U'/':
      view_.typing = true;
      return;
    case U's':
    case U'>':
      return move_sort(1);
    case U'S':
    case U'<':
      return move_sort(-1);
    case U'r':
      view_.reversed = !view_.reversed;
      return reorder();
    case U'i':
      return next_interface(1);
    case U'I':
      return next_interface(-1);
    case U'b':
      return next_grouping();
    case U'x':
      return toggle_members();
    case U't':
      view_.totals = !view_.totals;
      return reorder();
    case U'u':
      view_.bytes = !view_.bytes;
      return;
    default:
      return;
  }
}

void Screen::press_on_page(const Key& key) {
  const std::size_t page = std::max<std::size_t>(visible_, 2) - 1;
  switch (key.kind) {
    case KeyKind::escape:
    case KeyKind::backspace:
    case KeyKind::enter:
      return open(view_.page == Page::help ? back_to_ : Page::accounts);
    case KeyKind::up:
      if (view_.page == Page::account) return move(-1);
      scroll_ -= std::min<std::size_t>(scroll_, 1);
      return;
    case KeyKind::down:
      if (view_.page == Page::account) return move(1);
      ++scroll_;
      return;
    case KeyKind::page_up:
    case KeyKind::wheel_up:
      scroll_ -= std::min(scroll_, key.kind == KeyKind::page_up ? page : kWheelRows);
      return;
    case KeyKind::page_down:
    case KeyKind::wheel_down:
      scroll_ += key.kind == KeyKind::page_down ? page : kWheelRows;
      return;
    case KeyKind::home:
      scroll_ = 0;
      return;
    case KeyKind::end:
      scroll_ = std::numeric_limits<std::uint32_t>::max();
      return;
    case KeyKind::character:
      // What chooses the figures has its effect on the account's page, too.
      if (key.character == U'u' || key.character == U'i' || key.character == U'I') {
        press_choice(key.character);
      }
      return;
    default:
      return;
  }
}

void Screen::press_mouse(const Key& key, Wish& wish) {
  if (key.kind != KeyKind::click) {
    const auto rows = static_cast<std::ptrdiff_t>(kWheelRows);
    return move(key.kind == KeyKind::wheel_up ? -rows : rows);
  }
  if (zones_.axis && key.row == *zones_.axis) {
    wish.seek = {.by = Seek::By::share,
                 .amount = static_cast<double>(key.column) /
                           static_cast<double>(std::max<std::size_t>(zones_.columns, 2) - 1)};
    return;
  }
  if (key.row == zones_.heading) {
    for (const HeadingZone& zone : zones_.headings) {
      if (zone.begin <= key.column && key.column < zone.end) return sort_by(zone.key);
    }
    return;
  }
  if (key.row < zones_.first_row_line) return;
  const std::size_t row = key.row - zones_.first_row_line;
  if (row >= zones_.keys.size()) return;
  if (view_.selected == zones_.keys[row]) return open(Page::account);
  view_.selected = zones_.keys[row];
}

void Screen::move(std::ptrdiff_t rows) {
  if (rows_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  const auto chosen =
      std::ranges::find_if(rows_, [this](const Row& row) { return view_.selected == row.key(); });
  const std::ptrdiff_t here = chosen != rows_.end() ? (chosen - rows_.begin()) + rows
                                                    : std::max<std::ptrdiff_t>(rows - 1, 0);
  view_.selected = rows_[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(here, 0, last))].key();
}

void Screen::move_sort(int steps) {
  const std::vector<SortKey> keys =
      Table(view_, drawn_size_, content().book.knows_connections()).keys();
  const auto here = std::ranges::find(keys, view_.sort);
  const auto place = here == keys.end() ? 0 : here - keys.begin();
  const auto count = static_cast<std::ptrdiff_t>(keys.size());
  view_.sort = keys[static_cast<std::size_t>((place + steps + count) % count)];
  view_.reversed = false;
  reorder();
}

void Screen::sort_by(SortKey key) {
  view_.reversed = view_.sort == key && !view_.reversed;
  view_.sort = key;
  reorder();
}

void Screen::next_interface(int steps) {
  std::vector<std::string> names{""};
  std::ranges::copy(content().book.interfaces(), std::back_inserter(names));
  const auto here = std::ranges::find(names, view_.iface);
  const auto place = here == names.end() ? 0 : here - names.begin();
  const auto count = static_cast<std::ptrdiff_t>(names.size());
  view_.iface = names[static_cast<std::size_t>((place + steps + count) % count)];
  reorder();
}

void Screen::next_grouping() {
  if (!options_.may_group) {
    message_ = "the rows of --csv are grouped: --by stays as it is";
    return;
  }
  constexpr std::array kOrder{Grouping::cgroup, Grouping::container, Grouping::pod,
                              Grouping::k8s_namespace, Grouping::unit};
  const auto place = std::ranges::find(kOrder, view_.by) - kOrder.begin();
  view_.by = kOrder.at(static_cast<std::size_t>(place + 1) % kOrder.size());
  view_.selected.reset();
  first_ = 0;
  reorder();
}

void Screen::toggle_members() {
  if (!view_.selected) move(1);
  auto chosen =
      std::ranges::find_if(rows_, [this](const Row& row) { return view_.selected == row.key(); });
  if (chosen == rows_.end()) return;
  while (chosen->member && chosen != rows_.begin()) --chosen;
  view_.selected = chosen->key();
  if (chosen->members == 0) {
    message_ = view_.by == Grouping::cgroup ? "nothing is grouped: b groups" : "not a group";
    return;
  }
  if (!view_.expanded.insert(chosen->key()).second) view_.expanded.erase(chosen->key());
  reorder();
}

void Screen::toggle_pause(Wish& wish) {
  if (content_.axis) {
    wish.play_or_stop = true;
  } else if (still_) {
    still_.reset();
  } else {
    still_ = content_;
  }
}

void Screen::change_interval(int steps, Wish& wish) {
  if (content_.axis) {
    wish.speed = steps;
    return;
  }
  const Nanoseconds now = options_.interval;
  if (steps > 0) {
    const auto next = std::ranges::upper_bound(kIntervals, now);
    if (next == kIntervals.end()) return;
    options_.interval = *next;
  } else {
    const auto next = std::ranges::lower_bound(kIntervals, now);
    if (next == kIntervals.begin()) return;
    options_.interval = *std::prev(next);
  }
  wish.interval = options_.interval;
  message_ = "every " + format_duration(options_.interval);
}

void Screen::open(Page page) {
  if (page == Page::help && view_.page != Page::help) back_to_ = view_.page;
  view_.page = page;
  scroll_ = 0;
}

}  // namespace cgtally::screen
