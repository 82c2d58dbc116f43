// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

namespace cgtally::bpf {
namespace {

constexpr std::size_t kLongestLine = 512;

thread_local std::string* collected = nullptr;  // libbpf's callback is given no context

int collect(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN || !collected) return 0;
  char line[kLongestLine];
  const int length = std::vsnprintf(line, sizeof line, format, arguments);
  const std::string_view text(line);
  // The verifier's log is long and useful to developers only; bpftool shows it.
  const bool verifier_log = text.find("PROG LOAD LOG") != std::string_view::npos;
  // libbpf adds these after every failure; they say nothing new.
  const bool echo = text.find("failed to load object") != std::string_view::npos ||
                    text.find("failed to load BPF skeleton") != std::string_view::npos;
  if (length > 0 && !verifier_log && !echo) *collected = text;
  return length;
}

}  // namespace

LibbpfLog::LibbpfLog() : outer_(std::exchange(collected, &words_)) { libbpf_set_print(collect); }

LibbpfLog::~LibbpfLog() { collected = outer_; }

std::string LibbpfLog::last_words() const {
  std::string words = words_;
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words;
}

}  // namespace cgtally::bpf
