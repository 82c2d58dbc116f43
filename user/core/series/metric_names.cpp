// SPDX-License-Identifier: Apache-2.0
#include "core/series/metric_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace cgtally {
namespace {

constexpr std::array<std::string_view, 9> kSent{
    "out", "sent", "send", "transmit", "transmitted", "tx", "egress", "upload", "outbound"};
constexpr std::array<std::string_view, 9> kReceived{"in",      "received", "receive", "recv", "rx",
                                                    "ingress", "download", "inbound", "recvd"};

bool is_upper(char c) { return 'A' <= c && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || ('a' <= c && c <= 'z'); }

template <typename Words>
bool any_of(const std::vector<std::string>& words, const Words& list) {
  return std::ranges::any_of(words, [&list](const std::string& word) {
    return std::ranges::find(list, word) != std::ranges::end(list);
  });
}

// "txkB/s" and "rxkB" of sar: the direction and the unit in one word.
bool begins_one_of_sar(std::string_view word, std::string_view direction) {
  return word.starts_with(direction) &&
         (word == std::string(direction) + "k" || word == std::string(direction) + "kb");
}

// The bytes of one unit that a name mentions; kB and KB may be 1000 or 1024 bytes.
struct MentionedUnit {
  std::string_view text;
  std::array<double, 2> bytes;
};

// The first that a name contains counts.
constexpr std::array<MentionedUnit, 24> kMentioned{
    {{"KiB", {1024, 1024}},        {"MiB", {1048576, 1048576}},  {"GiB", {1073741824, 1073741824}},
     {"kBit", {125, 128}},         {"MBit", {125e3, 131072}},    {"GBit", {125e6, 134217728}},
     {"kB", {1e3, 1024}},          {"KB", {1e3, 1024}},          {"MB", {1e6, 1048576}},
     {"GB", {1e9, 1073741824}},    {"kbit", {125, 128}},         {"Kbit", {125, 128}},
     {"kbps", {125, 128}},         {"Kbps", {125, 128}},         {"mbit", {125e3, 131072}},
     {"Mbit", {125e3, 131072}},    {"mbps", {125e3, 131072}},    {"Mbps", {125e3, 131072}},
     {"gbit", {125e6, 134217728}}, {"Gbit", {125e6, 134217728}}, {"gbps", {125e6, 134217728}},
     {"Gbps", {125e6, 134217728}}, {"bits", {0.125, 0.125}},     {"bps", {0.125, 0.125}}}};

// As words in lower case: "tx_kbytes", "sent_mb".
constexpr std::array<MentionedUnit, 12> kUnitWords{{{"kbyte", {1e3, 1024}},
                                                    {"mbyte", {1e6, 1048576}},
                                                    {"gbyte", {1e9, 1073741824}},
                                                    {"kilobyte", {1e3, 1024}},
                                                    {"megabyte", {1e6, 1048576}},
                                                    {"gigabyte", {1e9, 1073741824}},
                                                    {"kb", {1e3, 1024}},
                                                    {"mb", {1e6, 1048576}},
                                                    {"gb", {1e9, 1073741824}},
                                                    {"kib", {1024, 1024}},
                                                    {"mib", {1048576, 1048576}},
                                                    {"gib", {1073741824, 1073741824}}}};

std::optional<std::array<double, 2>> unit_in(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kBytes{"byte", "bytes", "octets"};
  for (const MentionedUnit& one : kMentioned) {
    const auto at = name.find(one.text);
    if (at == std::string_view::npos) continue;
    // "NetworkBytesOut" has no kB.
    const char next = at + one.text.size() < name.size() ? name[at + one.text.size()] : '\0';
    if (!one.text.ends_with('B') || next == 'p' || next < 'a' || next > 'z') return one.bytes;
  }
  const std::vector<std::string> words = words_of(name);
  for (const MentionedUnit& one : kUnitWords) {
    const bool there = std::ranges::any_of(words, [&one](const std::string& word) {
      return word == one.text || word == std::string(one.text) + "s";
    });
    if (there) return one.bytes;
  }
  if (any_of(words, kBytes)) return std::array<double, 2>{1, 1};
  return std::nullopt;
}

// "kB/s", "Bytes Sent/sec"; not "web/server".
bool has_per_second(std::string_view name) {
  for (auto at = name.find("/s"); at != std::string_view::npos; at = name.find("/s", at + 1)) {
    const std::string_view rest = name.substr(at + 2);
    if (rest.empty() || !is_letter(rest.front()) || rest.starts_with("ec")) return true;
  }
  return false;
}

// "tx_bytes_per_second", "kB/s", "Mbps": a rate.
bool names_rate(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kRates{"rate", "bps", "kbps", "mbps", "gbps"};
  const std::vector<std::string> words = words_of(name);
  if (any_of(words, kRates) || has_per_second(name)) return true;
  const auto per = std::ranges::find(words, "per");
  return per != words.end() && per + 1 != words.end() &&
         (per[1] == "s" || per[1].starts_with("sec"));
}

// Prometheus' names of counters end so.
bool names_counter(std::string_view name) {
  static constexpr std::array<std::string_view, 2> kCounters{"counter", "cumulative"};
  return name.ends_with("_total") || any_of(words_of(name), kCounters);
}

bool is_any(const std::array<double, 2>& factors, double bytes) {
  return std::ranges::find(factors, bytes) != factors.end();
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool open = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_letter(c) && !is_digit(c)) {
      open = false;
      continue;
    }
    const bool hump = is_upper(c) && i > 0 && !is_upper(name[i - 1]);
    if (!open || hump) words.emplace_back();
    open = true;
    words.back() += lower(name.substr(i, 1));
  }
  return words;
}

std::optional<Direction> direction_of(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  const auto sar = [&words](std::string_view direction) {
    return std::ranges::any_of(
        words, [direction](const std::string& word) { return begins_one_of_sar(word, direction); });
  };
  const bool sent = any_of(words, kSent) || sar("tx");
  const bool received = any_of(words, kReceived) || sar("rx");
  if (sent == received) return std::nullopt;
  return sent ? Direction::tx : Direction::rx;
}

bool counts_packets(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kOthers{
      "packets", "packet", "pck", "rxpck", "txpck", "pps", "errors", "errs", "drop", "pkt", "pkts"};
  return any_of(words_of(name), kOthers);
}

bool counts_other_things(std::string_view name) {
  static constexpr std::array<std::string_view, 18> kOthers{
      "disk",   "disks", "swap",  "page",    "pages", "paging", "memory",   "mem",   "block",
      "blocks", "queue", "error", "dropped", "drops", "fifo",   "discards", "colls", "carrier"};
  return counts_packets(name) || any_of(words_of(name), kOthers);
}

bool names_extreme(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kExtremes{
      "max", "maximum",    "peak",   "min", "minimum", "p95",
      "p99", "percentile", "stddev", "p50", "p90"};
  return any_of(words_of(name), kExtremes);
}

bool names_another_amount(std::string_view name, const SeriesUnit& unit) {
  const auto factor = unit_in(name);
  const bool rate = names_rate(name) || lower(name).contains("period(");
  return (rate && unit.kind != SeriesKind::rate) || (factor && !is_any(*factor, unit.bytes));
}

bool names_another_time(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kOthers{
      "ms", "msec",   "millis",  "milliseconds", "us",   "usec",  "microseconds",
      "ns", "minute", "minutes", "min",          "hour", "hours", "row"};
  return any_of(words_of(name), kOthers);
}

std::vector<std::string> doubts_of(std::string_view name, Direction direction,
                                   const SeriesUnit& unit) {
  std::vector<std::string> doubts;
  const auto said = direction_of(name);
  if (said && *said != direction) {
    doubts.push_back(fmt::format("column {} names {} traffic: read as {}, as the option says", name,
                                 *said == Direction::tx ? "sent" : "received",
                                 direction == Direction::tx ? "sent" : "received"));
  }
  if (counts_packets(name)) {
    doubts.push_back(fmt::format("column {} names no bytes: read as {}", name, unit.name));
  }
  if (const auto factor = unit_in(name); factor && !is_any(*factor, unit.bytes)) {
    doubts.push_back(
        fmt::format("column {} names another unit: read as {}, as --unit says", name, unit.name));
  }
  const bool rate = unit.kind == SeriesKind::rate;
  if (names_rate(name) && !rate) {
    doubts.push_back(
        fmt::format("column {} names a rate: read as {}, as --unit says", name, unit.name));
  }
  if (names_counter(name) && unit.kind != SeriesKind::total_bytes) {
    doubts.push_back(fmt::format(
        "column {} names a counter: read as {}, as --unit says (--unit total for a counter)", name,
        unit.name));
  }
  if (names_extreme(name)) {
    doubts.push_back(fmt::format("column {} names an extreme: read as the mean of its row", name));
  }
  return doubts;
}

std::string without_metric(std::string_view label) {
  std::string rest;
  std::size_t at = 0;
  while (at < label.size()) {
    const std::size_t end = std::min(label.find(' ', at), label.size());
    const std::string_view part = label.substr(at, end - at);
    at = end + 1;
    static constexpr std::array<std::string_view, 4> kWords{"sum", "average", "bytes", "minute"};
    const bool metric = direction_of(part).has_value() || any_of(words_of(part), kWords);
    if (metric || part.empty() || words_of(part).empty()) continue;
    rest += (rest.empty() ? "" : " ") + std::string(part);
  }
  return rest;
}

bool is_internal(std::string_view iface) {
  static constexpr std::array<std::string_view, 11> kBeginnings{
      "veth", "docker", "br-", "cni", "virbr", "cali", "flannel", "vxlan", "ifb", "dummy", "lxc"};
  return iface == "lo" || std::ranges::any_of(kBeginnings, [iface](std::string_view beginning) {
           return iface.starts_with(beginning);
         });
}

}  // namespace cgtally
