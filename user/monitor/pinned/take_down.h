// SPDX-License-Identifier: Apache-2.0
// Ends the keeper of the pinned ledger and detaches everything. Totals are kept unless they are to
// be forgotten.
#pragma once

#include <string>

#include "core/base/result.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

struct TakeDownOptions {
  bool forget = false;
  std::string bpffs;
  std::string host_root;
};

// False: there was no ledger. A ledger of another ABI can only be forgotten: its layout is not
// known here. What takes long, as with hundreds of interfaces, is reported as it goes on.
Result<bool> take_down(const TakeDownOptions& options, Notices& notices);

}  // namespace cgtally::monitor
