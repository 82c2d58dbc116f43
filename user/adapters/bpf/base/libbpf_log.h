// SPDX-License-Identifier: Apache-2.0
// Keeps libbpf's messages for our errors and off the terminal. Its last line before a failure names
// the map, program or kernel symbol, which an errno does not.
#pragma once

#include <string>

namespace cgtally::bpf {

// Collects libbpf's warnings of this thread during its lifetime. Of two nested objects, the inner
// one collects. Every call into libbpf that may fail is made while one exists.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last message, without the verifier's log; empty if there was none.
  [[nodiscard]] std::string last_words() const;

 private:
  std::string words_;
  std::string* outer_;
};

}  // namespace cgtally::bpf
