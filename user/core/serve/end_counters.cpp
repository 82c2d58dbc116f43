// SPDX-License-Identifier: Apache-2.0
#include "core/serve/end_counters.h"

#include <algorithm>

#include "core/serve/series/series_book.h"

namespace cgtally::serve {

void EndCounters::add(const lifecycle::Row& row) {
  const bool own = counts_.contains(row.name) || counts_.size() < most_;
  EndCount& count = counts_[own ? row.name : std::string(kRestName)];
  if (row.event == lifecycle::Event::begun) {
    ++count.begins;
    return;
  }
  ++count.ends;
  if (lost_something(row)) ++count.lossy;
  count.late_packets += row.late.packets.value;
  count.late_payload += row.late.payload.value;
  if (row.pod) count.refused += row.pod->refused + row.pod->refused_before;
  count.worst = std::max(count.worst, tail_of(row).value_or(Nanoseconds{}));
}

}  // namespace cgtally::serve
