// SPDX-License-Identifier: Apache-2.0
// Contents of a screen for tests, and what a screen shows of them as lines of text.
#pragma once

#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "core/screen/screen.h"

namespace cgtally::screen {

inline Sample sample_of(const std::string& account, std::uint64_t rx_bits, std::uint64_t tx_bits,
                        std::uint64_t packets, std::uint64_t tx_total) {
  using namespace std::chrono_literals;
  Sample sample;
  sample.taken = {.boot = 76h, .wall = 20'779 * 24h + 11h + 42min + 7s};  // 2026-11-22
  sample.interval = 1s;
  sample.iface = "ens5";
  sample.cgroup_id = account.starts_with('(') ? 0 : std::hash<std::string>{}(account) | 1U;
  sample.account = account;
  sample.delta = {{rx_bits / 8}, {0}, {tx_bits / 8}, {packets}};
  sample.totals = {{0}, {0}, {tx_total}, {0}};
  return sample;
}

// Of Kubernetes: "/kubepods/NAMESPACE/POD/CONTAINER".
inline Sample container_of(const std::string& k8s_namespace, const std::string& pod,
                           const std::string& container, std::uint64_t tx_bits) {
  Sample sample = sample_of(fmt::format("/kubepods/{}/{}/{}", k8s_namespace, pod, container), 0,
                            tx_bits, tx_bits / 8000, tx_bits);
  sample.container = container;
  sample.pod = pod;
  sample.k8s_namespace = k8s_namespace;
  return sample;
}

inline Report report_of() {
  using namespace std::chrono_literals;
  Report result;
  result.host = "ip-10-0-3-17";
  result.every = 1s;
  result.taken = {.boot = 76h, .wall = 20'779 * 24h + 11h + 42min + 7s};
  result.ledger = {.since = {.boot = 0s, .wall = 20'775 * 24h + 7h + 31min},
                   .slots_used = 61,
                   .slots_total = 4096};
  InterfaceLine line;
  line.name = "ens5";
  line.rates = {
      .rx = {6'210'000}, .tx = {281'000'000}, .rx_packets = {2301}, .tx_packets = {24'655}};
  line.named = {.rx = 0.985, .tx = 0.997};
  line.seen = 1.0;
  result.interfaces = {line};
  return result;
}

inline std::vector<Sample> three_samples() {
  std::vector<Sample> samples{
      sample_of("/system.slice/redis.service", 5'900'000, 271'000'000, 23'780, 112'400'000'000),
      sample_of("/kubepods.slice/kubepods-burstable.slice/api.scope", 201'000, 5'900'000, 611,
                3'100'000'000),
      sample_of("/job/import-x1", 0, 0, 0, 41'000'000)};
  samples[2].state = SampleState::exited;
  samples[2].taken.boot -= std::chrono::seconds{4};
  return samples;
}

inline Content content_of(const std::vector<Sample>& samples) {
  Content content;
  content.report = report_of();
  content.book.add({}, content.report.taken);
  content.book.add(samples, content.report.taken);
  return content;
}

// The same accounts a second later.
inline void go_on(Content& content, std::vector<Sample> samples) {
  content.report.taken.boot += std::chrono::seconds{1};
  content.report.taken.wall += std::chrono::seconds{1};
  for (Sample& sample : samples) sample.taken = content.report.taken;
  content.book.add(samples, content.report.taken);
}

inline std::vector<std::string> texts(const Frame& frame) {
  std::vector<std::string> lines;
  for (const Line& line : frame.lines) {
    lines.push_back(line.text());
    while (!lines.back().empty() && lines.back().back() == ' ') lines.back().pop_back();
  }
  return lines;
}

inline std::string joined(const Frame& frame) {
  std::string text;
  for (const std::string& line : texts(frame)) text += line + "\n";
  return text;
}

// The names in the table's lines, without figures.
inline std::vector<std::string> names_in(const Frame& frame) {
  std::vector<std::string> names;
  bool in_table = false;
  for (const std::string& line : texts(frame)) {
    const bool end =
        line.empty() || line.starts_with("(others)") || line.starts_with("no account ");
    if (in_table && end) break;
    if (in_table)
      names.push_back(line.substr(0, line.find_first_of(' ', line.find_first_not_of(" +-"))));
    const bool marked = line.starts_with("▼") || line.starts_with("▲") || line.starts_with("^") ||
                        line.starts_with("v");
    if (line.starts_with("ACCOUNT") || (marked && line.find("ACCOUNT") != std::string::npos)) {
      in_table = true;
    }
  }
  return names;
}

inline Key key_of(char32_t character) { return {.character = character}; }
inline Key key_of(KeyKind kind) { return {.kind = kind}; }

// Presses each key and draws after it, as the program does.
template <typename... Keys>
Frame press_all(Screen& screen, const Size& size, Keys... keys) {
  (..., (void)(static_cast<void>(screen.press(key_of(keys))), screen.draw(size)));
  return screen.draw(size);
}

}  // namespace cgtally::screen
