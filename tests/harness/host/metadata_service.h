// SPDX-License-Identifier: Apache-2.0
// An instance metadata service of the test's own (IMDSv2), in the netns of the thread that makes
// it. Answers until the object goes.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "adapters/sys/fd.h"

namespace cgtally::harness {

class MetadataService {
 public:
  struct Manners {
    std::string instance_type = {};
    int status = 200;
    bool silent = false;      // takes connections and never answers
    bool slowly = false;      // a byte at a time
    bool keeps_open = false;  // does not close after the answer
  };
  explicit MetadataService(Manners manners, const std::string& address = "127.0.0.1",
                           std::uint16_t port = 0);
  MetadataService(const MetadataService&) = delete;
  MetadataService& operator=(const MetadataService&) = delete;
  ~MetadataService();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve() const;
  [[nodiscard]] std::string answer_to(const std::string& request) const;

  Manners manners_;
  sys::Fd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace cgtally::harness
