// SPDX-License-Identifier: Apache-2.0
#include "core/series/metric_names.h"

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
  static constexpr std::array<std::string_view, 7> kOthers{"packets", "packet", "pck", "pps",
                                                           "errors",  "errs",   "drop"};
  return any_of(words_of(name), kOthers);
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
