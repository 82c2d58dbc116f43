// SPDX-License-Identifier: Apache-2.0
// glibc reads the database; it takes a name that is not there for UTC, so the file is looked for
// first.
#include "adapters/series/common/zone.h"

#include <fmt/core.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/series/times.h"

namespace cgtally::series {
namespace {

constexpr Nanoseconds kQuarter = std::chrono::minutes{15};

bool in_database(const std::string& name) {
  if (name.starts_with('/') || name.contains("..")) return false;
  const char* const own = std::getenv("TZDIR");
  std::error_code ignored;
  return std::filesystem::is_regular_file(
      std::filesystem::path(own != nullptr ? own : "/usr/share/zoneinfo") / name, ignored);
}

// The moment at which the clock shows `local`, with or without daylight saving; std::nullopt if it
// never does.
std::optional<Nanoseconds> moment_of(Nanoseconds local, int daylight) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(local).count();
  const std::time_t as_utc = seconds;
  std::tm shown{};
  gmtime_r(&as_utc, &shown);
  shown.tm_isdst = daylight;
  const std::time_t moment = mktime(&shown);
  std::tm back{};
  localtime_r(&moment, &back);
  back.tm_isdst = 0;
  if (timegm(&back) != as_utc) return std::nullopt;
  return std::chrono::seconds{moment};
}

}  // namespace

Result<Zone> Zone::open(const std::string& name) {
  Zone zone(name);
  if (name.empty() || name == "UTC" || name == "GMT" || name == "Z") return zone;
  if (name.front() == '+' || name.front() == '-') {
    const auto epoch = parse_series_time("1970-01-03T00:00:00" + name);
    if (epoch && !epoch->local) {
      zone.offset_ = std::chrono::hours{48} - epoch->value;
      return zone;
    }
  } else if (name == "local" || in_database(name)) {
    if (name != "local") setenv("TZ", name.c_str(), 1);
    tzset();
    zone.fixed_ = false;
    return zone;
  }
  return std::unexpected(
      usage_error(fmt::format("--tz {}: there is no such time zone", printable(name)),
                  "give a name such as Europe/Berlin or America/New_York, an offset such as "
                  "+02:00, or local; names need the system's tzdata"));
}

void Zone::look_up(Nanoseconds quarter) {
  known_ = {.quarter = quarter, .values = {}, .count = 0};
  for (const int daylight : {1, 0}) {
    const auto moment = moment_of(quarter, daylight);
    if (!moment) continue;
    const Nanoseconds offset = quarter - *moment;
    if (known_.count == 1 && known_.values[0] == offset) continue;
    known_.values.at(known_.count++) = offset;
  }
}

Result<Nanoseconds> Zone::to_utc(Nanoseconds local, std::optional<Nanoseconds> before,
                                 bool newest_first) {
  if (fixed_) return local - offset_;
  const Nanoseconds quarter = local - local % kQuarter;
  if (known_.quarter != quarter) look_up(quarter);
  if (known_.count == 0) {
    return std::unexpected(
        Error{.what = fmt::format("no clock in {} shows {}: the hour is left out there in spring",
                                  name_, format_date_time(local)),
              .hint = "give the zone in which the file was written: --tz UTC or another"});
  }
  std::optional<Nanoseconds> best;
  for (std::size_t i = 0; i < known_.count; ++i) {
    const Nanoseconds moment = local - known_.values.at(i);
    if (before && (newest_first ? moment >= *before : moment <= *before)) continue;
    const bool better = !best || (newest_first ? moment > *best : moment < *best);
    if (better) best = moment;
  }
  return best.value_or(local - known_.values[0]);
}

}  // namespace cgtally::series
