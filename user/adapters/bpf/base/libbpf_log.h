// SPDX-License-Identifier: Apache-2.0
// Keeps libbpf's messages for our errors and off the terminal. Its last line before a failure names
// the map, program or kernel symbol, which an errno does not.
#pragma once

#include <bpf/libbpf.h>

#include <cstdarg>
#include <string>
#include <string_view>

namespace cgtally::bpf {

// Collects libbpf's warnings of this thread during its lifetime. Of two nested objects, the inner
// one collects. Every call into libbpf that may fail is made while one exists.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last message, and of the verifier's log the last line that gives a reason; empty if there
  // was none.
  [[nodiscard]] std::string last_words() const;

 private:
  struct Words {
    std::string last;
    std::string verifier;
  };
  static int collect(libbpf_print_level level, const char* format, va_list arguments);
  static thread_local Words* collected;  // libbpf's callback is given no context

  Words words_;
  Words* outer_;
};

// The last line of a verifier's log that gives a reason; statistics follow it.
[[nodiscard]] std::string last_reason_in(std::string_view verifier_log);

}  // namespace cgtally::bpf
