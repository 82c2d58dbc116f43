// SPDX-License-Identifier: Apache-2.0
// The first row is the mean since the machine started, not that of an interval: it is left out.
#include "adapters/series/dstat.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "adapters/csv/rfc4180.h"
#include "adapters/series/common/builder.h"
#include "adapters/series/common/end_of_file.h"
#include "adapters/series/common/selection.h"
#include "core/base/text.h"

namespace cgtally::series {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

int month_of(std::string_view name) {
  const auto* const found = std::ranges::find(kMonths, lower(name));
  return found == kMonths.end() ? 0 : static_cast<int>(found - kMonths.begin()) + 1;
}

int small_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// dstat's times have no year: "27-11 02:42:44", or dool's "Nov-27 02:42:44". The year of the first
// is that of the run; each later January begins another.
class DstatTimes {
 public:
  // "27 Nov 2026 02:42:43 UTC"
  void begin(std::string_view date) {
    const auto first = date.find(' ');
    const auto second = first == std::string_view::npos ? first : date.find(' ', first + 1);
    if (second == std::string_view::npos) return;
    year_ = small_number(date.substr(second + 1));
    month_ = month_of(date.substr(first + 1, 3));
  }

  [[nodiscard]] std::string full(std::string_view text) {
    const auto dash = text.find('-');
    const auto blank = text.find(' ');
    if (year_ == 0 || dash == std::string_view::npos || blank == std::string_view::npos ||
        dash > 3 || blank < dash) {
      return std::string(text);
    }
    const std::string_view left = text.substr(0, dash);
    const std::string_view right = text.substr(dash + 1, blank - dash - 1);
    const bool month_first = month_of(left) > 0;
    const int month = month_first ? month_of(left) : small_number(right);
    const int day = small_number(month_first ? right : left);
    if (month < month_) ++year_;
    month_ = month;
    return fmt::format("{:04}-{:02}-{:02}{}", year_, month, day, text.substr(blank));
  }

 private:
  int year_ = 0;
  int month_ = 0;
};

struct DstatColumns {
  std::size_t time = 0;
  std::size_t width = 0;
  struct Pair {
    std::string iface;
    PerDirection<std::optional<std::size_t>> at;
  };
  std::vector<Pair> interfaces = {};
};

class DstatReader {
 public:
  DstatReader(std::istream& in, const std::string& file, const ReadOptions& options)
      : reader_(in), file_(file), options_(options) {
    shape_.file = file;
    shape_.format = "dstat CSV";
    shape_.columns = {.rx = "recv", .tx = "send"};
    if (options.unit) take_unit(shape_, *options.unit, "dstat");
  }

  Result<std::vector<Series>> read() {
    std::vector<std::string> before;
    bool first = true;
    for (;;) {
      auto more = reader_.next();
      if (!more) return std::unexpected(std::move(more).error().within(file_));
      if (!*more) break;
      const std::vector<std::string>& fields = reader_.fields();
      if (!columns_) {
        if (auto seen = take_preface(before, fields); !seen) {
          return std::unexpected(std::move(seen).error());
        }
        before = fields;
        continue;
      }
      if (fields.size() == 1 && fields.front().empty()) continue;
      // A run that was begun again appends to its file, with all of the lines about the run.
      if (lower(fields.front()).contains("csv output")) {
        columns_.reset();
        first = true;
        continue;
      }
      if (!std::exchange(first, false)) {
        if (auto taken = take_row(fields); !taken) return std::unexpected(std::move(taken).error());
      }
    }
    end_of_file_.settle(reader_.terminated());
    return std::move(groups_).finish(shape_);
  }

 private:
  Result<void> take_preface(const std::vector<std::string>& before,
                            const std::vector<std::string>& fields) {
    for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
      if (fields[i] == "Date:") times_.begin(fields[i + 1]);
    }
    // The group of the column epoch is called epoch, too.
    const bool after_groups =
        !before.empty() && (before.front() == "system" || before.front() == "epoch");
    const bool of_time = fields.front() == "time" || fields.front() == "epoch";
    const bool names =
        (of_time && after_groups) || std::ranges::find(fields, "recv") != fields.end();
    return names ? take_columns(before, fields) : Result<void>{};
  }

  Result<void> take_columns(const std::vector<std::string>& groups,
                            const std::vector<std::string>& names) {
    DstatColumns columns{.width = names.size()};
    std::optional<std::size_t> time;
    std::string group;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i < groups.size() && !groups[i].empty()) group = groups[i];
      if (names[i] == "time" || names[i] == "epoch") time = i;
      const bool net = group.starts_with("net/") || group == "net";
      if (!net || (names[i] != "recv" && names[i] != "send")) continue;
      const std::string iface = group.size() > 4 ? group.substr(4) : "total";
      if (columns.interfaces.empty() || columns.interfaces.back().iface != iface) {
        columns.interfaces.push_back({.iface = iface, .at = {}});
      }
      columns.interfaces.back().at[names[i] == "send" ? Direction::tx : Direction::rx] = i;
    }
    if (!time || columns.interfaces.empty()) {
      return std::unexpected(
          Error{.what = fmt::format("{}: there is no {}", file_,
                                    time ? "network traffic" : "column with the time"),
                .hint = "record it with dstat --epoch --net --output FILE"});
    }
    columns.time = *time;
    columns_ = columns;
    return {};
  }

  Result<void> take_row(const std::vector<std::string>& fields) {
    if (fields.size() < columns_->width) {
      return std::unexpected(
          Error{.what = fmt::format("{}: line {}: {} fields, and the header has {}", file_,
                                    reader_.line(), fields.size(), columns_->width),
                .hint = "the line is cut or damaged: correct it"});
    }
    const std::string time = times_.full(fields[columns_->time]);
    const bool total = options_.interfaces.empty() &&
                       std::ranges::find(columns_->interfaces, "total",
                                         &DstatColumns::Pair::iface) != columns_->interfaces.end();
    for (const DstatColumns::Pair& one : columns_->interfaces) {
      if (total && one.iface != "total") continue;  // it is their sum
      SeriesBuilder* const builder = groups_.find("", one.iface, shape_);
      if (builder == nullptr) continue;
      RowText row{.time = time, .line = static_cast<std::uint32_t>(reader_.line())};
      for (const Direction direction : kDirections) {
        if (one.at[direction]) row.values[direction] = fields[*one.at[direction]];
      }
      const bool last_used = one.at.rx == fields.size() - 1 || one.at.tx == fields.size() - 1;
      if (last_used) end_of_file_.see(*builder, reader_.line(), fields.back());
      if (auto added = builder->add(row); !added) return added;
    }
    return {};
  }

  csv::RecordReader reader_;
  const std::string& file_;
  const ReadOptions& options_;
  Series shape_;
  DstatTimes times_;
  std::optional<DstatColumns> columns_;
  SeriesGroups groups_{file_, options_};
  EndOfFile end_of_file_;
};

}  // namespace

Result<std::vector<Series>> read_dstat(std::istream& in, const std::string& file,
                                       const ReadOptions& options) {
  return DstatReader(in, file, options).read();
}

}  // namespace cgtally::series
