// SPDX-License-Identifier: Apache-2.0
// Lines of fixed columns. A stretch of many intervals is one line, a short one a line for each
// interval that is outside of its own band.
#include "core/compare/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally::compare {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 4;
constexpr std::size_t kMostOfOneStretch = 12;  // lines
constexpr std::size_t kMostLeftOut = 4;
constexpr std::size_t kMostNamedEnds = 4;
constexpr double kAllTheTime = 0.9;  // of the run

std::string paragraph(const std::string& text) {
  std::string lines;
  for (const std::string& line : wrap(text, kWidth, kIndent)) lines += line + "\n";
  return lines;
}

std::string amount(double value, bool bytes) {
  const auto whole = static_cast<std::uint64_t>(std::llround(std::max(0.0, value)));
  return bytes ? format_bytes({whole}) : format_count(whole);
}

// "10 %" "9.83 %" "0.52 %".
std::string part(double value) { return fmt::format("{:.3g} %", 100 * value); }

// To the millisecond; to the second, with the date, where the run has several.
std::string when(Nanoseconds wall, const Series& series) {
  const std::string all = format_timestamp(wall);
  const std::string first = format_timestamp(series.intervals.front().begin);
  const std::string last = format_timestamp(series.intervals.back().end);
  if (first.substr(0, 10) == last.substr(0, 10)) return all.substr(11, 12) + "Z";
  return fmt::format("{} {}Z", all.substr(5, 5), all.substr(11, 8));
}

std::string counted(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

// The words for what stands for a request.
std::string_view words_of(Unit unit) {
  switch (unit) {
    case Unit::connections:
      return "connections";
    case Unit::packets:
      return "packets";
    case Unit::bytes:
      break;
  }
  return "of payload";
}

std::string quantity_of(double value, Unit unit) {
  return fmt::format("{} {}", amount(value, unit == Unit::bytes), words_of(unit));
}

class Screen {
 public:
  Screen(const CompareReport& report, const ScreenNames& names, std::size_t most)
      : report_(report), names_(names), left_(most) {}

  [[nodiscard]] std::string text() {
    const std::string told = notes();
    return head() + sums() + rows() + (told.empty() ? "" : "\n") + told + "\n" +
           verdict_text(report_);
  }

 private:
  [[nodiscard]] bool bytes(const Compared& compared) const {
    return &compared != &report_.requests || report_.unit == Unit::bytes;
  }
  [[nodiscard]] std::string_view label(const Compared& compared) const {
    return bytes(compared) ? "payload" : words_of(report_.unit);
  }

  [[nodiscard]] std::string head() const {
    const Series& series = report_.series;
    Nanoseconds compared{};
    std::vector<Nanoseconds> lengths;
    for (const Interval& one : series.intervals) {
      compared += one.end - one.begin;
      lengths.push_back(one.end - one.begin);
    }
    std::ranges::sort(lengths);
    return fmt::format(
        "{} ({})  and its mirror  {} ({})\n{}  {}  {} of {}  {}  share {}\n\n",
        shorten(printable(names_.original), kWidth / 3), counted(series.originals, "account"),
        shorten(printable(names_.mirror), kWidth / 3), counted(series.mirrors, "account"),
        format_date_time(series.intervals.front().begin), format_duration(compared),
        counted(lengths.size(), "interval"), format_duration(lengths[lengths.size() / 2]),
        counted(series.hosts, "host"), part(report_.options.share));
  }

  [[nodiscard]] std::string sums() const {
    std::string text = fmt::format("{:<13}{:>13}{:>13}{:>24}{:>13}\n", "RECEIVED", "ORIGINAL",
                                   "EXPECTED", "99 % BAND", "MIRROR");
    text += sum(report_.requests);
    if (report_.payload) text += sum(*report_.payload);
    return text;
  }

  [[nodiscard]] std::string sum(const Compared& compared) const {
    const Window whole{0, compared.all.size()};
    return fmt::format("{:<13}{:>13}{}\n", label(compared),
                       amount(compared.all.original(whole), bytes(compared)),
                       columns(compared, whole));
  }

  // Expected, its band and what came.
  [[nodiscard]] std::string columns(const Compared& compared, Window window) const {
    const bool in_bytes = bytes(compared);
    const Band band = band_of(compared.all, window);
    return fmt::format("{:>13}{:>24}{:>13}", amount(compared.all.expected(window), in_bytes),
                       fmt::format("{}..{}", amount(std::ceil(band.low), in_bytes),
                                   amount(std::floor(band.high), in_bytes)),
                       amount(compared.all.seen(window), in_bytes));
  }

  [[nodiscard]] std::string rows() {
    if (report_.requests.stretches.empty() &&
        (!report_.payload || report_.payload->stretches.empty())) {
      return "";
    }
    std::string text = fmt::format("\n{:<15}{:>9}  {:<11}{:>20}{:>10}\n", "FROM (UTC)", "LENGTH",
                                   "RECEIVED", "99 % BAND", "MIRROR");
    text += rows(report_.requests);
    if (report_.payload) text += rows(*report_.payload);
    if (hidden_ > 0) {
      text += fmt::format("and {}: --csv has all\n", counted(hidden_, "more line"));
    }
    return text;
  }

  [[nodiscard]] std::string rows(const Compared& compared) {
    std::string text;
    for (const Stretch& stretch : compared.stretches) {
      for (const Window window : lines_of(compared, stretch)) {
        if (left_ == 0) {
          ++hidden_;
          continue;
        }
        --left_;
        text += row(compared, window, stretch);
      }
    }
    return text;
  }

  [[nodiscard]] static std::vector<Window> lines_of(const Compared& compared,
                                                    const Stretch& stretch) {
    std::vector<Window> outside;
    for (std::size_t i = stretch.window.first; i < stretch.window.last; ++i) {
      const Window one{i, i + 1};
      if (!band_of(compared.all, one).has(compared.all.seen(one))) outside.push_back(one);
    }
    const bool short_enough = stretch.window.size() <= kMostOfOneStretch;
    return short_enough && !outside.empty() ? outside : std::vector{stretch.window};
  }

  [[nodiscard]] std::string row(const Compared& compared, Window window,
                                const Stretch& stretch) const {
    const Series& series = report_.series;
    const Nanoseconds begin = series.intervals[window.first].begin;
    const Nanoseconds end = series.intervals[window.last - 1].end;
    const bool in_bytes = bytes(compared);
    const Band band = band_of(compared.all, window);
    const double apart = compared.all.difference(window);
    return fmt::format("{:<15}{:>9}  {:<11}{:>20}{:>10}  {}{}{}\n", when(begin, series),
                       format_duration(end - begin), label(compared),
                       fmt::format("{}..{}", amount(std::ceil(band.low), in_bytes),
                                   amount(std::floor(band.high), in_bytes)),
                       amount(compared.all.seen(window), in_bytes), apart < 0 ? "-" : "+",
                       amount(std::abs(apart), in_bytes),
                       stretch.what == Stretch::What::late ? " late" : "");
  }

  [[nodiscard]] std::string notes() const {
    std::string text = unit_note();
    if (report_.requests.ratio_learnt) {
      text += paragraph(fmt::format(
          "note: {:.3g} {} came for each one expected, learnt from the series: what is missing "
          "all the time is not seen; --ratio 1 takes it for missing",
          report_.requests.all.quantity().ratio, words_of(report_.unit)));
    }
    if (report_.payload && report_.payload->ratio_learnt) {
      text += paragraph(fmt::format(
          "note: a mirrored request has {:.3g} bytes for each of the original's, "
          "learnt from the series",
          report_.payload->all.quantity().ratio / report_.requests.all.quantity().ratio));
    }
    return text + left_out();
  }

  [[nodiscard]] std::string unit_note() const {
    const double nobody = report_.series.connections_of_nobody;
    if (nobody > 0 && (report_.options.unit == Unit::connections || !report_.options.unit)) {
      const std::string why = fmt::format(
          "{} connections are of nobody: they took a port of a connection that was (closing)",
          amount(nobody, false));
      if (report_.unit == Unit::packets) {
        return paragraph("requests: received packets with payload, since " + why);
      }
      return paragraph("note: " + why);
    }
    if (report_.options.unit) return "";
    return paragraph(report_.unit == Unit::connections
                         ? "requests: received connections, since both sides have at most three "
                           "packets with payload for each"
                         : "requests: received packets with payload, since connections are kept "
                           "alive; --unit connections counts those");
  }

  [[nodiscard]] std::string left_out() const {
    std::string text;
    const auto& all = report_.series.left_out;
    for (std::size_t i = 0; i < std::min(all.size(), kMostLeftOut); ++i) {
      text += paragraph(fmt::format("not compared: {} from {}, of which {} has no rows",
                                    format_duration(all[i].end - all[i].begin),
                                    when(all[i].begin, report_.series), printable(all[i].host)));
    }
    if (all.size() > kMostLeftOut) {
      text +=
          fmt::format("not compared: {}\n", counted(all.size() - kMostLeftOut, "more such time"));
    }
    return text;
  }

  const CompareReport& report_;
  const ScreenNames& names_;
  std::size_t left_;
  std::size_t hidden_ = 0;
};

std::string words_of_loss(const Loss& loss, Unit unit) {
  const bool bytes = unit == Unit::bytes;
  return fmt::format("{} (99 %: {}..{})", quantity_of(loss.missing, unit), amount(loss.low, bytes),
                     amount(loss.high, bytes));
}

std::string words_of_time(const Loss& loss, const Series& series) {
  return fmt::format("{}between {} and {}",
                     loss.stretches > 1 ? counted(loss.stretches, "time") + " " : "",
                     when(loss.begin, series), when(loss.end, series));
}

bool is_all_the_time(const Compared& compared, Stretch::What what) {
  return std::ranges::any_of(compared.stretches, [&](const Stretch& one) {
    return one.what == what && static_cast<double>(one.window.size()) >=
                                   kAllTheTime * static_cast<double>(compared.all.size());
  });
}

std::string share_note(const CompareReport& report) {
  const bool less = is_all_the_time(report.requests, Stretch::What::missing);
  const bool more = is_all_the_time(report.requests, Stretch::What::more);
  if (!less && !more) return "";
  const Window whole{0, report.requests.all.size()};
  return paragraph(
      fmt::format("note: {} all the time: is --share {} right? All in all it is {}",
                  less ? "missing" : "more than expected", part(report.options.share),
                  part(report.requests.all.seen(whole) / report.requests.all.original(whole))));
}

std::string ends_text(const CompareReport& report) {
  // What has been so all along did not begin with an end.
  if (report.complete() || is_all_the_time(report.requests, Stretch::What::missing)) return "";
  if (report.ends.empty()) return "no container of the two ended then\n";
  std::string names;
  const std::size_t shown = std::min(report.ends.size(), kMostNamedEnds);
  for (std::size_t i = 0; i < shown; ++i) {
    const ContainerEnd& end = report.ends[i];
    names += fmt::format("{}{} by {}", i == 0 ? "" : ", ", printable(end.name),
                         when(end.seen, report.series));
    if (report.series.hosts > 1) names += fmt::format(" on {}", printable(end.host));
  }
  if (report.ends.size() > shown) {
    names += fmt::format(" and {}", counted(report.ends.size() - shown, "other"));
  }
  return paragraph(fmt::format("ended then: {}", names));
}

}  // namespace

std::string verdict_text(const CompareReport& report) {
  const Series& series = report.series;
  if (report.complete()) {
    return paragraph(fmt::format(
               "COMPLETE: nothing is missing{}. Had {:.2g} % or more been missing all the time, 19 "
               "of 20 such runs would have shown it",
               report.more ? ", and more came than expected" : "", 100 * report.visible_part)) +
           share_note(report);
  }
  std::string text;
  if (report.lost) {
    text = fmt::format("MISSING {} {}", words_of_loss(*report.lost, report.unit),
                       words_of_time(*report.lost, series));
    if (report.payload_lost) {
      text += fmt::format(", with {} of payload", amount(report.payload_lost->missing, true));
    }
  } else {
    text = fmt::format("MISSING {} {}, of requests that are all there",
                       words_of_loss(*report.payload_lost, Unit::bytes),
                       words_of_time(*report.payload_lost, series));
  }
  return paragraph(text) + ends_text(report) + share_note(report);
}

std::string compare_screen(const CompareReport& report, const ScreenNames& names,
                           std::size_t most_rows) {
  return Screen(report, names, most_rows).text();
}

}  // namespace cgtally::compare
