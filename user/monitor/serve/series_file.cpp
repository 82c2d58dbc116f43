// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/series_file.h"

#include <fmt/core.h>

#include <utility>

#include "core/traffic/sampler.h"

namespace cgtally::monitor {
namespace {

constexpr Nanoseconds kBetweenSaves = std::chrono::seconds{10};

// Accounts that were retired after the file was written. Of the ledger's journal the part before
// that is in the saved totals.
std::vector<FinalTotals> retired_since(std::vector<FinalTotals> all, Nanoseconds saved) {
  std::erase_if(all,
                [saved](const FinalTotals& one) { return !one.retired || *one.retired < saved; });
  return all;
}

}  // namespace

std::optional<serve::SavedSeries> SeriesFile::read(const std::string& ledger) {
  const auto text = file_.read();
  if (!text) {
    notices_.report("the counters of the last run cannot be read: " + text.error().what);
    return std::nullopt;
  }
  if (!*text) return std::nullopt;
  auto saved = serve::parse_saved_series(**text);
  if (!saved) {
    const auto aside = file_.set_aside();
    notices_.report(fmt::format("{} is of no use ({}): {}, and counters begin again", file_.path(),
                                saved.error().what,
                                aside ? "kept as " + *aside : aside.error().what));
    return std::nullopt;
  }
  if (saved->reading.ledger != ledger) return std::nullopt;
  return *std::move(saved);
}

void SeriesFile::begin(serve::SeriesBook& book, const Snapshot& base) {
  const Reading& now = base.reading;
  if (const auto saved = read(now.ledger)) return go_on(book, *saved, now);
  book.begin(serve::opening_samples(
                 now, [this](std::uint64_t id) { return session_.name_of(id); },
                 [this](InterfaceKey key) { return session_.interface_name(key); }),
             session_.ledger_summary().since);
}

void SeriesFile::go_on(serve::SeriesBook& book, const serve::SavedSeries& saved,
                       const Reading& now) {
  const auto name_of = [&](std::uint64_t id) {
    AccountName name = session_.name_of(id);
    const auto known = saved.names.find(id);
    if (name.path.str().starts_with('#') && known != saved.names.end()) name.path = known->second;
    return name;
  };
  const auto interface_name_of = [this](InterfaceKey key) { return session_.interface_name(key); };
  Sampler sampler({});
  (void)sampler.process(saved.reading, name_of, interface_name_of);
  sampler.commit();
  Reading meanwhile = now;
  meanwhile.final_totals = retired_since(session_.earlier_final_totals(), saved.reading.taken.boot);
  book.restore(saved.book, session_.ledger_summary().since);
  (void)book.add(sampler.process(meanwhile, name_of, interface_name_of), now.taken);
}

void SeriesFile::keep(const serve::SeriesBook& book, const Reading& reading) {
  if (reading.taken.boot - saved_ >= kBetweenSaves) save(book, reading);
}

void SeriesFile::save(const serve::SeriesBook& book, const Reading& reading) {
  saved_ = reading.taken.boot;
  serve::SavedSeries saved{.book = book.saved(), .reading = reading, .names = {}};
  for (const AccountTotals& one : reading.accounts) {
    if (has_cgroup(one.account.kind)) {
      saved.names[one.account.cgroup_id] = session_.name_of(one.account.cgroup_id).path;
    }
  }
  const auto written = file_.write(serve::saved_series_text(saved));
  if (!written && !failed_) {
    notices_.report("counters cannot be kept for the next run: " + written.error().what);
  }
  failed_ = !written;
}

}  // namespace cgtally::monitor
