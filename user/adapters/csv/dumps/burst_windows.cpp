// SPDX-License-Identifier: Apache-2.0
// A named account has at least its share, and at most the share plus the window's error, as far as
// those bytes are not known to belong to another account.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "adapters/csv/dumps/burst_windows.h"
#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

constexpr std::size_t kAccounts = 4;
constexpr std::string_view kPrefix = "burst-";
constexpr std::string_view kSuffix = ".csv";
constexpr std::string_view kStamp = "ddddddddTdddddd.dddZ-";

bool drop(std::string_view& name, std::string_view end) {
  if (!name.ends_with(end)) return false;
  name.remove_suffix(end.size());
  return true;
}

// Removes a number at the end of `name`, if the character in front of it is `before`.
void drop_number(std::string_view& name, char before) {
  const std::size_t other = name.find_last_not_of("0123456789");
  const bool there = other != std::string_view::npos && other + 1 < name.size();
  if (there && name[other] == before) name.remove_suffix(name.size() - other);
}

// The rows of one dump, for windows_text(): adds them by direction, and returns them in order of
// time.
class Rows {
 public:
  Rows(const FlightDump& dump, const AccountNameOf& name_of) : dump_(dump), name_of_(name_of) {}

  void add(Direction direction) {
    for (const TrafficWindow& window : dump_.extracts[direction].windows) add(direction, window);
    for (const UnknownWindows& unknown : dump_.extracts[direction].unknown) add(direction, unknown);
  }
  [[nodiscard]] std::string in_order() {
    std::ranges::stable_sort(rows_, {}, &Row::window_index);
    return std::accumulate(rows_.begin(), rows_.end(), std::string(),
                           [](std::string text, const Row& row) { return text += row.line; });
  }

 private:
  struct Row {
    std::uint64_t window_index;
    std::string line;
  };
  [[nodiscard]] Nanoseconds at(std::uint64_t window_index) const {
    return dump_.window * static_cast<std::int64_t>(window_index);
  }
  [[nodiscard]] RecordWriter begin(Direction direction, std::uint64_t window_index) const {
    RecordWriter row;
    row.add(format_timestamp(at(window_index) + dump_.wall_ahead))
        .add(static_cast<std::uint64_t>(at(window_index).count()))
        .add(dump_.iface)
        .add(direction_name(direction));
    return row;
  }
  void add_accounts(RecordWriter& row, const TrafficWindow& window) const {
    std::uint64_t rest = window.bytes.value;
    for (const AccountShare& share : window.shares) rest -= std::min(rest, share.least.value);
    const std::uint64_t doubt = std::min(window.error.value, rest);
    for (std::size_t i = 0; i < kAccounts; ++i) {
      if (i < window.shares.size()) {
        const AccountShare& share = window.shares[i];
        row.add(name_of_(share.account)).add(share.least.value).add(share.least.value + doubt);
      } else {
        row.add("").add("").add("");
      }
    }
  }
  void add(Direction direction, const TrafficWindow& window) {
    RecordWriter row = begin(direction, window.window_index);
    row.add(window.bytes.value).add(window.packets.value);
    add_accounts(row, window);
    row.add(static_cast<std::uint64_t>(dump_.window.count()));
    const auto& bursts = dump_.extracts[direction].bursts;
    const auto burst = std::ranges::find_if(bursts, [&](const WindowRange& one) {
      return one.from <= window.window_index && window.window_index < one.to;
    });
    burst == bursts.end() ? row.add("")
                          : row.add(static_cast<std::uint64_t>(at(burst->from).count()));
    rows_.push_back({.window_index = window.window_index, .line = std::move(row.add("")).line()});
  }
  void add(Direction direction, const UnknownWindows& unknown) {
    RecordWriter row = begin(direction, unknown.range.from);
    row.add_if_known(unknown.bytes.transform([](Bytes bytes) { return bytes.value; }))
        .add_if_known(unknown.packets.transform([](Packets packets) { return packets.value; }));
    add_accounts(row, {});
    row.add(static_cast<std::uint64_t>(dump_.window.count())).add("");
    rows_.push_back({.window_index = unknown.range.from,
                     .line = std::move(row.add(unknown.range.count())).line()});
  }

  const FlightDump& dump_;
  const AccountNameOf& name_of_;
  std::vector<Row> rows_;
};

}  // namespace

std::string windows_header() {
  RecordWriter header;
  for (const std::string_view name : kWindowColumns) header.add(name);
  return std::move(header).line();
}

std::string windows_text(const FlightDump& dump, const AccountNameOf& name_of) {
  Rows rows(dump, name_of);
  for (const Direction direction : kDirections) rows.add(direction);
  return windows_header() + rows.in_order();
}

// The name of an interface in another netns may contain slashes.
std::string windows_file_name(const FlightDump& dump) {
  constexpr std::size_t kToMilliseconds = 23;
  std::string stamp = format_timestamp(dump.start + dump.wall_ahead).substr(0, kToMilliseconds);
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  std::string iface = dump.iface;
  std::ranges::replace(iface, '/', '_');
  return fmt::format("{}{}Z-{}-{}{}", kPrefix, stamp, iface, direction_name(dump.direction),
                     kSuffix);
}

std::string numbered_windows_file_name(const std::string& name, int number) {
  if (number == 1) return name;
  return fmt::format("{}-{}{}", name.substr(0, name.size() - kSuffix.size()), number, kSuffix);
}

bool is_windows_file_name(std::string_view name) {
  drop(name, ".new");
  drop_number(name, '.');  // the PID of the writer
  if (!drop(name, kSuffix)) return false;
  drop_number(name, '-');
  const bool framed = name.starts_with(kPrefix) &&
                      (name.ends_with("-rx") || name.ends_with("-tx")) &&
                      name.size() > kPrefix.size() + kStamp.size() + 3;
  if (!framed) return false;
  const std::string_view stamp = name.substr(kPrefix.size(), kStamp.size());
  for (std::size_t i = 0; i < kStamp.size(); ++i) {
    const bool digit = '0' <= stamp[i] && stamp[i] <= '9';
    const char wanted = kStamp[i];
    if (wanted == 'd' ? !digit : stamp[i] != wanted) return false;
  }
  return true;
}

}  // namespace cgtally::csv
