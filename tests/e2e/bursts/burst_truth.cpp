// SPDX-License-Identifier: Apache-2.0
#include "e2e/bursts/burst_truth.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "adapters/csv/rfc4180.h"

namespace cgtally::harness {
namespace {

constexpr std::uint64_t kFar = 2;  // windows

std::uint64_t epoch_of(Nanoseconds boot, Nanoseconds window) {
  return static_cast<std::uint64_t>(boot / window);
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

// Who had how much in a direction between two moments; the log is in order.
std::map<std::string, std::uint64_t> shares_in(const std::vector<LoggedPacket>& log,
                                               const BurstRow& row,
                                               const std::map<std::uint16_t, std::string>& owners) {
  std::map<std::string, std::uint64_t> shares;
  auto at = std::ranges::lower_bound(log, row.begin, {}, &LoggedPacket::boot);
  for (; at != log.end() && at->boot < row.end; ++at) {
    if (at->direction != row.direction) continue;
    const auto owner = owners.find(at->local_port);
    shares[owner == owners.end() ? "" : owner->second] += at->bytes;
  }
  return shares;
}

void judge_row(const BurstRow& row, const std::vector<LoggedPacket>& log, const Judging& how,
               Score& score) {
  const auto shares = shares_in(log, row, how.owners);
  std::uint64_t all = 0, first = 0, second = 0;
  std::string leader;
  for (const auto& [owner, bytes] : shares) {
    all += bytes;
    if (bytes > first) {
      second = std::exchange(first, bytes);
      leader = owner;
    } else {
      second = std::max(second, bytes);
    }
  }
  const std::uint64_t off = distance(all, row.bytes);
  score.volume_right += off <= std::max(all / 50, how.allowed_bytes);
  if (all > 0) {
    score.worst_volume =
        std::max(score.worst_volume, static_cast<double>(off) / static_cast<double>(all));
  }
  const double error = (row.share_hi - row.share) * static_cast<double>(row.bytes);
  if (static_cast<double>(first - second) > error) {
    ++score.led;
    score.led_right += row.account == leader;
  }
}

// A window that lacks a packet or has one more than another observer saw must not decide.
bool is_clear(const TrueBurst& burst, const Judging& how) {
  return burst.peak > how.limit + std::max(how.limit / 10, how.allowed_bytes / 2);
}

bool overlap(const TrueBurst& burst, const BurstRow& row, Nanoseconds window) {
  return epoch_of(row.begin, window) <= burst.last && burst.first < epoch_of(row.end, window);
}

}  // namespace

std::vector<BurstRow> burst_rows(const std::string& csv) {
  std::istringstream text(csv);
  csv::RecordReader reader(text);
  std::vector<BurstRow> rows;
  while (reader.next().value()) {
    const auto& field = reader.fields();
    if (field[0] == "time") continue;
    BurstRow row{.begin = Nanoseconds(std::stoll(field.at(1))),
                 .end = {},
                 .direction = field.at(6) == "rx" ? Direction::rx : Direction::tx,
                 .bytes = std::stoull(field.at(7)),
                 .packets = std::stoull(field.at(8)),
                 .account = field.at(12),
                 .share = field.at(13).empty() ? 0 : std::stod(field.at(13)),
                 .share_hi = field.at(14).empty() ? 1 : std::stod(field.at(14))};
    row.end = row.begin + Nanoseconds(std::stoll(field.at(2)));
    rows.push_back(row);
  }
  return rows;
}

WindowBytes windows_of(const std::vector<LoggedPacket>& log, Direction direction,
                       Nanoseconds window) {
  WindowBytes windows;
  for (const LoggedPacket& packet : log) {
    if (packet.direction == direction) windows[epoch_of(packet.boot, window)] += packet.bytes;
  }
  return windows;
}

// From each window over the limit on: the next one over it belongs to the same burst unless three
// windows in a row below half of it, or ten not over it, lie between.
std::vector<TrueBurst> true_bursts(const WindowBytes& windows, std::uint64_t limit) {
  const auto bytes_of = [&](std::uint64_t window_index) {
    const auto found = windows.find(window_index);
    return found == windows.end() ? 0 : found->second;
  };
  const auto separated = [&](std::uint64_t from, std::uint64_t to) {
    if (to - from - 1 >= 10) return true;
    int low = 0;
    for (std::uint64_t window_index = from + 1; window_index < to; ++window_index) {
      low = 2 * bytes_of(window_index) < limit ? low + 1 : 0;
      if (low == 3) return true;
    }
    return false;
  };
  std::vector<TrueBurst> bursts;
  for (const auto& [window_index, bytes] : windows) {
    if (bytes <= limit) continue;
    if (bursts.empty() || separated(bursts.back().last, window_index)) {
      bursts.push_back({.first = window_index, .last = window_index, .peak = bytes});
    } else {
      bursts.back().last = window_index;
      bursts.back().peak = std::max(bursts.back().peak, bytes);
    }
  }
  return bursts;
}

std::ostream& operator<<(std::ostream& out, const Score& score) {
  return out << score.truth << " bursts, recall " << score.recall() << ", of those start and end "
             << "within 2 windows " << Score::part(score.near, score.found) << "; "
             << score.reported << " rows, precision " << score.precision() << ", volume right "
             << Score::part(score.volume_right, score.reported) << " (worst " << score.worst_volume
             << "), leader right " << score.led_right << " of " << score.led;
}

Score judge(const std::vector<LoggedPacket>& log, const std::vector<BurstRow>& rows,
            const Judging& how) {
  Score score;
  for (const auto direction : {Direction::rx, Direction::tx}) {
    std::vector<BurstRow> own;
    std::ranges::copy_if(rows, std::back_inserter(own), [&](const BurstRow& row) {
      return row.direction == direction && row.begin >= how.from && row.end <= how.to;
    });
    const auto bursts = true_bursts(windows_of(log, direction, how.window), how.limit);
    for (const TrueBurst& burst : bursts) {
      const bool outside = burst.first <= epoch_of(how.from, how.window) + 1 ||
                           burst.last + 1 >= epoch_of(how.to, how.window);
      if (outside || !is_clear(burst, how)) continue;
      ++score.truth;
      const auto row = std::ranges::find_if(
          own, [&](const BurstRow& one) { return overlap(burst, one, how.window); });
      if (row == own.end()) continue;
      ++score.found;
      score.near += distance(epoch_of(row->begin, how.window), burst.first) <= kFar &&
                    distance(epoch_of(row->end, how.window) - 1, burst.last) <= kFar;
    }
    for (const BurstRow& row : own) {
      ++score.reported;
      score.right += std::ranges::any_of(
          bursts, [&](const TrueBurst& burst) { return overlap(burst, row, how.window); });
      judge_row(row, log, how, score);
    }
  }
  return score;
}

}  // namespace cgtally::harness
