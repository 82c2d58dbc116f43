// SPDX-License-Identifier: Apache-2.0
// SeriesFile: keeps the counters of /metrics across restarts of `serve`.
#pragma once

#include <optional>
#include <string>

#include "adapters/files/state_file.h"
#include "core/serve/series/saved_series.h"
#include "core/serve/series/series_book.h"
#include "monitor/collectors/monitor.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Only of use with a pinned ledger: another one is gone with its run. Written every few seconds and
// at the end; what the ledger counted after the last write is the difference to the reading in it,
// so that a kill loses nothing.
class SeriesFile {
 public:
  // Both must outlive this.
  SeriesFile(const std::string& state_dir, Session& session, Notices& notices)
      : file_(state_dir, "series"), session_(session), notices_(notices) {}

  // Lets the book begin at the reading of `base`, or go on where it was saved.
  void begin(serve::SeriesBook& book, const Snapshot& base);
  // After each interval.
  void keep(const serve::SeriesBook& book, const Reading& reading);
  void save(const serve::SeriesBook& book, const Reading& reading);

 private:
  [[nodiscard]] std::optional<serve::SavedSeries> read(const std::string& ledger);
  void go_on(serve::SeriesBook& book, const serve::SavedSeries& saved, const Reading& now);

  files::StateFile file_;
  Session& session_;
  Notices& notices_;
  Nanoseconds saved_{};  // boot time
  bool failed_ = false;
};

}  // namespace cgtally::monitor
