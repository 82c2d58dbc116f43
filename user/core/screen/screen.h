// SPDX-License-Identifier: Apache-2.0
// The interactive screen of `live` and `replay`: keys change the view, and a frame is drawn from
// the view and the figures. Pure: it knows no terminal and no clock.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/screen/content.h"
#include "core/screen/frame.h"
#include "core/screen/keys.h"
#include "core/screen/rows.h"
#include "core/screen/table.h"
#include "core/screen/view.h"

namespace cgtally::screen {

struct ScreenOptions {
  Nanoseconds interval = std::chrono::seconds{1};
  std::size_t top = 1000;  // accounts at most
  bool may_group = true;   // false: the accounts are groups already
  double warn_s = 0;       // of the credits' page
};

// A move along the time of a recording.
struct Seek {
  enum class By : std::uint8_t { rows, minutes, share } by = By::rows;
  double amount = 0;  // rows or minutes, back if below 0; a share of the whole time
};

// What the command has to do after a key.
struct Wish {
  bool quit = false;
  std::optional<Nanoseconds> interval;  // live: how often to read
  int speed = 0;                        // replay: faster or slower
  bool play_or_stop = false;            // replay
  std::optional<Seek> seek;             // replay
};

// Made once by the command, which gives it keys as they come and draws after each tick and each
// key. The rows stay in their order as long as one is selected.
class Screen {
 public:
  // The content must outlive the screen; the command changes it between two calls.
  Screen(const Content& content, const ScreenOptions& options, View view);

  [[nodiscard]] Wish press(const Key& key);
  [[nodiscard]] Frame draw(const Size& size);
  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] bool paused() const { return still_.has_value(); }

 private:
  struct Zones {                         // of the last frame
    std::optional<std::size_t> heading;  // the line of the table's header
    std::vector<HeadingZone> headings;
    std::size_t first_row_line = 0;
    std::vector<std::string> keys;  // of the rows on the screen, from first_row_line
    std::optional<std::size_t> axis;
    std::size_t columns = 80;
  };
  [[nodiscard]] const Content& content() const { return still_ ? *still_ : content_; }

  void draw_accounts(std::vector<Line>& lines, const Size& size);
  void add_head(std::vector<Line>& lines, const Size& size);
  void add_table(std::vector<Line>& lines, const Size& size, std::size_t room);
  void scroll_table(std::size_t room);
  void add_axis(std::vector<Line>& lines, const Size& size);
  void draw_page(std::vector<Line>& lines, const Size& size);
  [[nodiscard]] Line status_line() const;
  [[nodiscard]] std::string footer() const;

  void type(const Key& key);
  void press_on_accounts(const Key& key, Wish& wish);
  void press_on_page(const Key& key);
  bool press_anywhere(const Key& key, Wish& wish);
  bool press_time(const Key& key, Wish& wish);
  void press_choice(char32_t character);
  void press_mouse(const Key& key, Wish& wish);
  void move(std::ptrdiff_t rows);
  void move_sort(int steps);
  void sort_by(SortKey key);
  void next_interface(int steps);
  void next_grouping();
  void toggle_members();
  void toggle_pause(Wish& wish);
  void change_interval(int steps, Wish& wish);
  void open(Page page);
  void reorder() { order_.clear(); }

  const Content& content_;
  ScreenOptions options_;
  View view_;
  std::optional<Content> still_;    // paused
  std::vector<Row> rows_;           // of the last frame, also those that did not fit
  std::vector<std::string> order_;  // held while a row is selected
  std::size_t first_ = 0;           // the first row on the screen
  std::size_t visible_ = 1;         // rows on the screen
  std::size_t scroll_ = 0;          // of the other pages
  std::size_t head_height_ = 0;     // never shrinks while the size stays, so that rows stay
  Size drawn_size_;
  Page back_to_ = Page::accounts;  // from the help
  std::string message_;            // about the last key
  Zones zones_;
};

}  // namespace cgtally::screen
