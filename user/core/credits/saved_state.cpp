// SPDX-License-Identifier: Apache-2.0
// One line for each fact, "name value", between a first line with the version and a last one that
// shows that nothing is cut off.
#include "core/credits/saved_state.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

constexpr std::string_view kFirst = "cgtally-credits 1";
constexpr std::string_view kLast = "end";

// Shortest text that reads back as the same number.
std::string number(double value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

std::string range_text(const ByteRange& range) {
  return number(range.lo) + " " + (range.bounded() ? number(range.hi) : "-");
}

std::string traffic_text(const Traffic& traffic) {
  return std::to_string(traffic.rx_bytes.value) + " " + std::to_string(traffic.rx_packets.value) +
         " " + std::to_string(traffic.tx_bytes.value) + " " +
         std::to_string(traffic.tx_packets.value);
}

void add_bucket(std::string& text, const std::string& way, const SavedBucket& bucket) {
  text += way + "_balance " + range_text(bucket.balance) + "\n";
  text += way + "_deficit " + range_text(bucket.deficit) + "\n";
  text += way + "_capacity " + range_text(bucket.capacity) + "\n";
  text += way + "_basis " + std::string(basis_name(bucket.capacity_basis)) + "\n";
}

Error wrong(std::size_t line, const std::string& what) {
  return {.what = "line " + std::to_string(line) + ": " + what, .hint = {}};
}

// Names to values, each with its line.
class Facts {
 public:
  static Result<Facts> read(std::string_view text) {
    Facts facts;
    std::size_t number = 0;
    bool ended = false;
    while (!text.empty()) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, length);
      text.remove_prefix(std::min(length + 1, text.size()));
      if (++number == 1) {
        if (line != kFirst) return std::unexpected(wrong(1, "no \"" + std::string(kFirst) + "\""));
        continue;
      }
      if (ended) return std::unexpected(wrong(number, "there is more behind the end"));
      if (line == kLast) {
        ended = true;
        continue;
      }
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) return std::unexpected(wrong(number, "no value"));
      facts.values_.emplace(line.substr(0, space), line.substr(space + 1));
    }
    if (!ended) return std::unexpected(wrong(number, "the end is missing"));
    return facts;
  }

  [[nodiscard]] std::string_view text(std::string_view name) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      complain(name, "is missing");
      return {};
    }
    return found->second;
  }

  // The values of a line, one by one.
  template <typename Number, std::size_t Count>
  [[nodiscard]] std::array<std::optional<Number>, Count> numbers(std::string_view name) {
    std::string_view rest = text(name);
    std::array<std::optional<Number>, Count> all;
    for (std::size_t i = 0; i < Count && !error_; ++i) {
      const std::size_t length = std::min(rest.find(' '), rest.size());
      const std::string_view one = rest.substr(0, length);
      rest.remove_prefix(std::min(length + 1, rest.size()));
      if (one == "-") continue;
      Number value{};
      const auto [stop, code] = std::from_chars(one.data(), one.data() + one.size(), value);
      if (code != std::errc{} || stop != one.data() + one.size() || one.empty()) {
        complain(name, "is no number: " + std::string(one));
        return all;
      }
      all[i] = value;
    }
    if (!rest.empty()) complain(name, "has too many values");
    return all;
  }

  void complain(std::string_view name, const std::string& what) {
    if (!error_) error_ = Error{.what = std::string(name) + " " + what, .hint = {}};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::optional<Error> error_;
};

Nanoseconds read_time(Facts& facts, std::string_view name) {
  const auto value = facts.numbers<std::int64_t, 1>(name)[0];
  if (!value || *value < 0) facts.complain(name, "is no time");
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
  if (!sound) facts.complain(name, "is no range of bytes");
  return range;
}

SavedBucket read_bucket(Facts& facts, const std::string& way) {
  SavedBucket bucket{.balance = read_range(facts, way + "_balance"),
                     .deficit = read_range(facts, way + "_deficit"),
                     .capacity = read_range(facts, way + "_capacity"),
                     .capacity_basis = Basis::prior};
  const std::string name = way + "_basis";
  const std::string_view basis = facts.text(name);
  for (const Basis one : {Basis::told, Basis::learned, Basis::prior}) {
    if (basis == basis_name(one)) {
      bucket.capacity_basis = one;
      return bucket;
    }
  }
  facts.complain(name, "is none that is known");
  return bucket;
}

// Drivers count what was handed to them: a super-packet once, without the headers of its further
// segments (66 bytes for each 536 or more, the least that TCP sends where it can), and some (ENA's
// before 2.17) leave the Ethernet header out of what was received.
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

}  // namespace

std::string saved_credits_text(const SavedCredits& memory) {
  const CreditIdentity& place = memory.place;
  std::string text = std::string(kFirst) + "\n";
  text += "instance " + place.instance + "\n";
  text += "type " + place.type + "\n";
  text += "boot " + place.boot + "\n";
  text += "boot_ns " + std::to_string(place.at.boot.count()) + "\n";
  text += "wall_ns " + std::to_string(place.at.wall.count()) + "\n";
  text += "ledger " + place.ledger + "\n";
  text += "booked " + traffic_text(place.booked) + "\n";
  text += "device " + (place.device ? traffic_text(*place.device) : "- - - -") + "\n";
  add_bucket(text, "tx", memory.tx);
  add_bucket(text, "rx", memory.rx);
  return text + std::string(kLast) + "\n";
}

Result<SavedCredits> parse_saved_credits(std::string_view text) {
  auto facts = Facts::read(text);
  if (!facts) return std::unexpected(std::move(facts).error());
  SavedCredits memory;
  memory.place.instance = facts->text("instance");
  memory.place.type = facts->text("type");
  memory.place.boot = facts->text("boot");
  memory.place.at = {.boot = read_time(*facts, "boot_ns"), .wall = read_time(*facts, "wall_ns")};
  memory.place.ledger = facts->text("ledger");
  const auto booked = read_traffic(*facts, "booked");
  if (!booked) facts->complain("booked", "has too few numbers");
  memory.place.booked = booked.value_or(Traffic{});
  memory.place.device = read_traffic(*facts, "device");
  memory.tx = read_bucket(*facts, "tx");
  memory.rx = read_bucket(*facts, "rx");
  if (facts->error()) return std::unexpected(*facts->error());
  return memory;
}

Resumption resume(const SavedCredits& memory, const CreditIdentity& now) {
  const CreditIdentity& then = memory.place;
  Resumption resumption;
  resumption.same_instance = then.instance == now.instance && then.type == now.type;
  if (!resumption.same_instance || then.boot != now.boot || now.boot.empty() ||
      now.at.boot < then.at.boot) {
    resumption.how = resumption.same_instance
                         ? "reboot or stop/start, cannot tell"
                         : "it was another instance, " + then.instance + " " + then.type;
    return resumption;
  }
  resumption.same_boot = true;
  resumption.gap = now.at.boot - then.at.boot;
  const auto moved = [](const Traffic& before, const Traffic& after) -> std::optional<Traffic> {
    const Step taken = step(before, after);
    const auto* advanced = std::get_if<Advanced>(&taken);
    return advanced ? std::optional(advanced->by) : std::nullopt;
  };
  if (!now.ledger.empty() && now.ledger == then.ledger) {
    resumption.charged = moved(then.booked, now.booked);
    resumption.how = "known by the ledger, which counted on";
  }
  if (!resumption.charged && then.device && now.device) {
    resumption.charged = moved(*then.device, *now.device);
    if (resumption.charged) resumption.unseen = unseen_by_device(*resumption.charged);
    resumption.how = "known by the uplinks' own counters";
  }
  if (!resumption.charged)
    resumption.how = "not known, as nobody counted: at worst the burst all the time";
  return resumption;
}

}  // namespace cgtally
