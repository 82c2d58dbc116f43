// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/foreign.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace cgtally::series {
namespace {

struct ForeignText {
  std::string_view begin;     // of the text, in lower case
  std::string_view contains;  // somewhere in the head, in lower case
  std::string_view what;
  std::string_view hint;
};

constexpr std::string_view kSadf =
    "export it with sadf -d FILE -- -n DEV, FILE as in /var/log/sysstat";

constexpr std::string_view kOwn = "give the file as cgtally wrote it, or save it with commas";

constexpr std::array<ForeignText, 20> kForeign{{
    {"time;boot_ns;", "", "is a recording of cgtally, saved again with semicolons", kOwn},
    {"\"time\";\"boot_ns\";", "", "is a recording of cgtally, saved again with semicolons", kOwn},
    {"linux ", " cpu)", "is what sar prints for people", kSadf},
    {"<?xml", "sysstat", "is XML of sadf -x", kSadf},
    {"<?xml", "", "is XML", "export it as CSV or JSON"},
    {"<", "<html", "is a web page, perhaps of a login", "export it as CSV or JSON"},
    {"", "avg. rate", "is what vnstat prints for people", "export it with vnstat --json"},
    {"1;", "kbit/s", "is of vnstat --oneline, which has no course", "export it with vnstat --json"},
    {"", "inter-|   receive", "is of /proc/net/dev, which has no times",
     "record with dstat --epoch --net --output FILE, or ifstat -t"},
    {"device ", "incoming:", "is a screen of nload",
     "record with dstat --epoch --net --output FILE, or ifstat -t"},
    {"refreshing:", "", "is what nethogs -t prints, which has no times",
     "record with dstat --epoch --net --output FILE, or ifstat -t"},
    {"#kernel", "", "is of iproute2's ifstat, which has no times",
     "record with the program ifstat: ifstat -t"},
    {"#date time ", "[net]", "is what collectl prints with blanks", "export it with --sep ,"},
    {"# help ", "# type ", "is one look at /metrics, and a course takes many",
     "ask Prometheus: /api/v1/query_range"},
    {"datapoints:", "timestamp", "is YAML", "export it with --output json"},
    {"metricdataresults:", "", "is YAML", "export it with --output json"},
    {"- datapoints:", "timestamp", "is YAML", "export it with --output json"},
    {"- metricdataresults:", "", "is YAML", "export it with --output json"},
    {"", " rxpck/s ", "is what sar prints for people", kSadf},
    {"", "\ttxkb/s\t", "is of sadf -p, a figure in each line", kSadf},
}};

}  // namespace

std::optional<Error> foreign_text(std::string_view head, const std::string& file) {
  const std::string text = lower(head.substr(0, 4096));
  const auto* const found = std::ranges::find_if(kForeign, [&text](const ForeignText& one) {
    return text.starts_with(one.begin) && text.contains(one.contains);
  });
  if (found != kForeign.end()) {
    return usage_error(fmt::format("{} {}", file, found->what), std::string(found->hint));
  }
  const bool old_ends = head.contains('\r') && !head.contains('\n');
  if (!old_ends) return std::nullopt;
  return usage_error(fmt::format("{}: its lines end with a carriage return alone", file),
                     "convert it: tr '\\r' '\\n' < FILE > FILE.csv");
}

}  // namespace cgtally::series
