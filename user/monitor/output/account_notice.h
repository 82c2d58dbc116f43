// SPDX-License-Identifier: Apache-2.0
// Says once that --account matches no account that has traffic, and which there are: without that a
// wrong pattern and a silent account look the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/containers/container_name.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// The writer of samples and the lines of `live` have one each. Does not choose accounts.
class AccountNotice {
 public:
  // `glob` empty: all are wanted, and nothing is ever said.
  explicit AccountNotice(std::string glob) : glob_(std::move(glob)), done_(glob_.empty()) {}

  // An account of this reading.
  void see(std::string_view account, const ContainerName& owner);
  // At the end of a reading: the first with an account decides.
  void tell(Notices& notices);

 private:
  std::string glob_;
  bool done_;
  std::vector<std::string> others_;
};

}  // namespace cgtally::monitor
