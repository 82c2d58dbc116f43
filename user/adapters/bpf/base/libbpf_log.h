// SPDX-License-Identifier: Apache-2.0
// What libbpf wants to say goes into errors, never to the terminal. Its last words before a failure
// name the map, program or kernel symbol that an errno alone does not.
#pragma once

#include <string>

namespace cgtally::bpf {

// Collects libbpf's warnings of this thread while it lives; one inside another takes over until it
// goes.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last lines, verifier's output left out; empty if there was nothing.
  [[nodiscard]] std::string last_words() const;

 private:
  std::string words_;
  std::string* outer_;
};

}  // namespace cgtally::bpf
