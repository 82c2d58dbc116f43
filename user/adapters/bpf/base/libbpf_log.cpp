// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/libbpf_log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

namespace cgtally::bpf {
namespace {

// The verifier's log is long; of other messages a line is enough.
std::vector<char> text_of(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return {};
  std::vector<char> text(static_cast<std::size_t>(length) + 1);
  (void)std::vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();
  return text;
}

bool gives_a_reason(std::string_view line) {
  constexpr std::array kStatistics{"processed ",  "verification time",    "stack depth",
                                   "peak_states", "-- END PROG LOAD LOG", "-- BEGIN PROG LOAD LOG",
                                   "peak states"};
  for (const std::string_view one : kStatistics) {
    if (line.find(one) != std::string_view::npos) return false;
  }
  return line.find_first_not_of(" \t\r") != std::string_view::npos;
}

}  // namespace

std::string last_reason_in(std::string_view verifier_log) {
  std::string_view last;
  while (!verifier_log.empty()) {
    const std::string_view line = verifier_log.substr(0, verifier_log.find('\n'));
    verifier_log.remove_prefix(std::min(line.size() + 1, verifier_log.size()));
    if (gives_a_reason(line)) last = line;
  }
  return std::string(last);
}

thread_local LibbpfLog::Words* LibbpfLog::collected = nullptr;

int LibbpfLog::collect(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN || !collected) return 0;
  const std::vector<char> characters = text_of(format, arguments);
  const std::string_view text(characters.data(), characters.size());
  if (text.find("PROG LOAD LOG") != std::string_view::npos) {
    collected->verifier = last_reason_in(text);
    return 0;
  }
  // libbpf adds these after every failure; they say nothing new.
  const bool echo = text.find("failed to load object") != std::string_view::npos ||
                    text.find("failed to load BPF skeleton") != std::string_view::npos;
  if (!text.empty() && !echo) collected->last = text;
  return 0;
}

LibbpfLog::LibbpfLog() : outer_(std::exchange(collected, &words_)) { libbpf_set_print(collect); }

LibbpfLog::~LibbpfLog() { collected = outer_; }

std::string LibbpfLog::last_words() const {
  std::string words = words_.last;
  while (!words.empty() && words.back() == '\n') words.pop_back();
  if (words_.verifier.empty()) return words;
  return words.empty() ? words_.verifier : words + "; the verifier: " + words_.verifier;
}

}  // namespace cgtally::bpf
