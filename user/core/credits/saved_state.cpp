// SPDX-License-Identifier: Apache-2.0
// The format has one "name value" line for each fact, between a first line with the version and a
// last line "end", which shows that the text is not cut off.
#include "core/credits/saved_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

namespace cgtally {
namespace {

constexpr std::string_view kFirstLine = "cgtally-credits 1";
constexpr std::string_view kLastLine = "end";

// The shortest text that reads back as the same number.
std::string exact_text(double value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

std::string range_text(const ByteRange& range) {
  return fmt::format("{} {}", exact_text(range.lo), range.bounded() ? exact_text(range.hi) : "-");
}

std::string traffic_text(const Traffic& traffic) {
  return fmt::format("{} {} {} {}", traffic.rx_bytes.value, traffic.rx_packets.value,
                     traffic.tx_bytes.value, traffic.tx_packets.value);
}

std::string bucket_text(Direction direction, const SavedBucket& bucket) {
  return fmt::format("{0}_balance {1}\n{0}_deficit {2}\n{0}_capacity {3}\n{0}_basis {4}\n",
                     direction_name(direction), range_text(bucket.balance),
                     range_text(bucket.deficit), range_text(bucket.capacity),
                     basis_name(bucket.capacity_basis));
}

Error error_at(std::size_t line, std::string_view what) {
  return {.what = fmt::format("line {}: {}", line, what), .hint = {}};
}

// Takes the text before the next `end` off the front of `rest`, and `end` with it.
std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t length = std::min(rest.find(end), rest.size());
  const std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return taken;
}

// The values of a saved state by name. A missing or wrong value is remembered as error(), the first
// one only, so that a reader need not check each.
class Facts {
 public:
  static Result<Facts> read(std::string_view text) {
    Facts facts;
    std::size_t number = 0;
    bool ended = false;
    while (!text.empty()) {
      const std::string_view line = take_until(text, '\n');
      if (++number == 1) {
        if (line == kFirstLine) continue;
        return std::unexpected(error_at(1, fmt::format("must be \"{}\"", kFirstLine)));
      }
      if (ended) return std::unexpected(error_at(number, "there is text after the line \"end\""));
      if (line == kLastLine) {
        ended = true;
        continue;
      }
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) {
        return std::unexpected(error_at(number, "a name without a value"));
      }
      facts.values_.emplace(line.substr(0, space), line.substr(space + 1));
    }
    if (!ended) return std::unexpected(error_at(number, "cut off: the line \"end\" is missing"));
    return facts;
  }

  [[nodiscard]] std::string_view text(std::string_view name) {
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    fail(name, "is missing");
    return {};
  }

  // The numbers of a line; "-" stands for a number that is not known.
  template <typename Number, std::size_t Count>
  [[nodiscard]] std::array<std::optional<Number>, Count> numbers(std::string_view name) {
    std::string_view rest = text(name);
    std::array<std::optional<Number>, Count> all;
    for (std::size_t i = 0; i < Count && !error_; ++i) {
      const std::string_view one = take_until(rest, ' ');
      if (one == "-") continue;
      Number value{};
      const auto [stop, code] = std::from_chars(one.data(), one.data() + one.size(), value);
      if (code != std::errc{} || stop != one.data() + one.size() || one.empty()) {
        fail(name,
             fmt::format("must be {}, got '{}'",
                         Count == 1 ? "a number" : fmt::format("{} numbers", Count), text(name)));
        return all;
      }
      all[i] = value;
    }
    if (!rest.empty()) fail(name, "has too many values");
    return all;
  }

  void fail(std::string_view name, std::string_view what) {
    if (!error_) error_ = Error{.what = fmt::format("{} {}", name, what), .hint = {}};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::optional<Error> error_;
};

Nanoseconds read_time(Facts& facts, std::string_view name) {
  const auto value = facts.numbers<std::int64_t, 1>(name)[0];
  if (!value || *value < 0) facts.fail(name, "must be nanoseconds, at least 0");
  return Nanoseconds(value.value_or(0));
}

std::optional<Traffic> read_traffic(Facts& facts, std::string_view name) {
  const auto values = facts.numbers<std::uint64_t, 4>(name);
  for (const auto& value : values) {
    if (!value) return std::nullopt;
  }
  return Traffic{.rx_bytes = {*values[0]},
                 .rx_packets = {*values[1]},
                 .tx_bytes = {*values[2]},
                 .tx_packets = {*values[3]}};
}

ByteRange read_range(Facts& facts, const std::string& name) {
  const auto values = facts.numbers<double, 2>(name);
  const ByteRange range{.lo = values[0].value_or(-1),
                        .hi = values[1].value_or(ByteRange::kUnbounded)};
  const bool sound = std::isfinite(range.lo) && range.lo >= 0 &&
                     (!values[1] || (std::isfinite(range.hi) && range.hi >= range.lo));
  if (!sound) facts.fail(name, "must be a range of bytes, such as '0 1e9' or '0 -'");
  return range;
}

SavedBucket read_bucket(Facts& facts, Direction direction) {
  const auto named = [direction](std::string_view what) {
    return fmt::format("{}_{}", direction_name(direction), what);
  };
  SavedBucket bucket{.balance = read_range(facts, named("balance")),
                     .deficit = read_range(facts, named("deficit")),
                     .capacity = read_range(facts, named("capacity")),
                     .capacity_basis = Basis::prior};
  const std::string_view basis = facts.text(named("basis"));
  if (const auto parsed = parse_basis(basis)) {
    bucket.capacity_basis = *parsed;
  } else {
    facts.fail(named("basis"), fmt::format("must be told, learned or prior, got '{}'", basis));
  }
  return bucket;
}

// The most bytes that a device's own counters may lack against the wire. Drivers count what the
// kernel handed to them: a super-packet once, without the headers of its further segments (66 bytes
// for each segment of 536 bytes or more, the smallest that TCP uses where it can choose). ENA's
// driver before 2.17 also leaves the Ethernet header (14 bytes) out of received packets.
Traffic unseen_by_device(const Traffic& counted) {
  constexpr std::uint64_t kBytesPerHeaderByte = 8;
  constexpr std::uint64_t kEthernetHeader = 14;
  const auto lacking = [](Bytes bytes, Packets packets) {
    return Bytes{bytes.value / kBytesPerHeaderByte + packets.value * kEthernetHeader};
  };
  Traffic unseen;
  unseen.rx_bytes = lacking(counted.rx_bytes, counted.rx_packets);
  unseen.tx_bytes = lacking(counted.tx_bytes, counted.tx_packets);
  return unseen;
}

// std::nullopt: the counters began again in between.
std::optional<Traffic> advanced_by(const Traffic& before, const Traffic& now) {
  const Step taken = step(before, now);
  const auto* advanced = std::get_if<Advanced>(&taken);
  return advanced != nullptr ? std::optional(advanced->by) : std::nullopt;
}

}  // namespace

std::string saved_credits_text(const SavedCredits& saved) {
  const CreditIdentity& identity = saved.identity;
  return fmt::format(
      "{}\n"
      "instance {}\ntype {}\nboot {}\nboot_ns {}\nwall_ns {}\nledger {}\nbooked {}\ndevice {}\n"
      "{}{}{}\n",
      kFirstLine, identity.instance, identity.type, identity.boot, identity.at.boot.count(),
      identity.at.wall.count(), identity.ledger, traffic_text(identity.counted),
      identity.device ? traffic_text(*identity.device) : "- - - -",
      bucket_text(Direction::tx, saved.buckets.tx), bucket_text(Direction::rx, saved.buckets.rx),
      kLastLine);
}

Result<SavedCredits> parse_saved_credits(std::string_view text) {
  auto facts = Facts::read(text);
  if (!facts) return std::unexpected(std::move(facts).error());
  SavedCredits saved;
  CreditIdentity& identity = saved.identity;
  identity.instance = facts->text("instance");
  identity.type = facts->text("type");
  identity.boot = facts->text("boot");
  identity.at = {.boot = read_time(*facts, "boot_ns"), .wall = read_time(*facts, "wall_ns")};
  identity.ledger = facts->text("ledger");
  const auto counted = read_traffic(*facts, "booked");
  if (!counted) facts->fail("booked", "must be 4 numbers");
  identity.counted = counted.value_or(Traffic{});
  identity.device = read_traffic(*facts, "device");
  saved.buckets.tx = read_bucket(*facts, Direction::tx);
  saved.buckets.rx = read_bucket(*facts, Direction::rx);
  if (facts->error()) return std::unexpected(*facts->error());
  return saved;
}

SaveGap gap_since(const SavedCredits& saved, const CreditIdentity& now) {
  const CreditIdentity& then = saved.identity;
  SaveGap gap;
  gap.same_instance = then.instance == now.instance && then.type == now.type;
  if (!gap.same_instance) {
    gap.explanation =
        fmt::format("the saved balance is of another instance, {} {}", then.instance, then.type);
    return gap;
  }
  if (then.boot != now.boot || now.boot.empty() || now.at.boot < then.at.boot) {
    gap.explanation = "reboot or stop/start, cannot tell";
    return gap;
  }
  gap.same_boot = true;
  gap.length = now.at.boot - then.at.boot;
  if (!now.ledger.empty() && now.ledger == then.ledger) {
    gap.charged = advanced_by(then.counted, now.counted);
    gap.explanation = "known by the ledger, which counted on";
  }
  if (!gap.charged && then.device && now.device) {
    gap.charged = advanced_by(*then.device, *now.device);
    if (gap.charged) gap.unseen = unseen_by_device(*gap.charged);
    gap.explanation = "known by the uplinks' own counters";
  }
  if (!gap.charged) {
    gap.explanation = "not known, as nobody counted: at worst the burst all the time";
  }
  return gap;
}

}  // namespace cgtally
