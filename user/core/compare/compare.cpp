// SPDX-License-Identifier: Apache-2.0
// Chooses the unit and the ratios, tests both quantities, and puts the verdict together.
#include "core/compare/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/compare/ratio.h"
#include "core/compare/statistics.h"

namespace cgtally::compare {
namespace {

constexpr double kOneSided95 = 1.645;
constexpr double kHeadersOfMirror = 1.1;  // bytes of a mirrored request, at the most

using Of = ContainerEnd::Of;

template <typename Value>
std::vector<double> each(const Series& series, Value value) {
  std::vector<double> values;
  values.reserve(series.intervals.size());
  for (const Interval& interval : series.intervals) values.push_back(value(interval));
  return values;
}

Quantity requests_in(const Series& series, Unit unit, double share) {
  const bool bytes = unit == Unit::bytes;
  Quantity quantity{
      .original = each(series, [unit](const auto& i) { return requests_of(i.original, unit); }),
      .mirror = each(series, [unit](const auto& i) { return requests_of(i.mirror, unit); }),
      .requests = {},
      .seconds = each(series, [](const auto& i) { return i.seconds(); }),
      .share = share,
      .counts_requests = !bytes};
  quantity.requests = bytes ? each(series, [](const auto& i) { return i.original.data_packets; })
                            : quantity.original;
  return quantity;
}

Quantity payload_in(const Series& series, const Quantity& requests) {
  Quantity quantity = requests;
  quantity.original = each(series, [](const auto& i) { return i.original.payload_bytes; });
  quantity.mirror = each(series, [](const auto& i) { return i.mirror.payload_bytes; });
  quantity.requests = requests.original;
  quantity.ratio = 1;
  quantity.ratio_error = 0;
  quantity.counts_requests = false;
  return quantity;
}

// The standard error of the whole run's amount, relative to what is expected.
double relative_error(const Quantity& quantity) {
  const Fluctuation all(quantity);
  const Window whole{0, all.size()};
  const double expected = all.expected(whole);
  return expected > 0 ? std::sqrt(all.variance(whole)) / expected : 0;
}

Ratio ratio_to_share(const Quantity& quantity) {
  std::vector<double> expected;
  for (const double amount : quantity.original) expected.push_back(amount * quantity.share);
  return learn_ratio(quantity.mirror, expected, relative_error(quantity));
}

void use(const Ratio& ratio, Quantity& quantity) {
  quantity.ratio = ratio.value;
  quantity.ratio_error = ratio.error;
}

// Packets for each request may differ between the sides. Without a word from the user the ratio is
// learnt only where loss cannot be the cause: there are more packets than expected, or the payload
// is all there in fewer packets. Some more bytes to a packet are headers of the mirror.
std::optional<Ratio> ratio_to_learn(const CompareOptions& options, Unit unit,
                                    const Quantity& requests, const Quantity& payload) {
  if (options.learn) return ratio_to_share(requests);
  if (options.ratio || unit != Unit::packets) return std::nullopt;
  const Ratio packets = ratio_to_share(requests);
  if (!packets.differs_from(1)) return std::nullopt;
  if (packets.value > 1) return packets;
  const Ratio bytes = ratio_to_share(payload);
  const bool all_there = bytes.value > 1 || !bytes.differs_from(1);
  if (all_there && bytes.value > kHeadersOfMirror * packets.value) return packets;
  return std::nullopt;
}

// Bytes for each mirrored request, as a part of the original's: mirrors add and drop headers and
// bodies. Lost requests do not change it.
Ratio payload_ratio(const Quantity& requests, const Quantity& payload) {
  std::vector<double> per_mirrored;
  std::vector<double> per_request;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests.mirror[i] <= 0 || requests.original[i] <= 0) continue;
    // The bytes that as many of the original's requests have.
    per_request.push_back(payload.original[i] / requests.original[i] * requests.mirror[i]);
    per_mirrored.push_back(payload.mirror[i]);
  }
  return learn_ratio(per_mirrored, per_request, relative_error(payload));
}

// The ratio is always learnt; where it may as well be 1, nobody need hear of it.
Compared compare_payload(const Quantity& requests, Quantity payload) {
  const Ratio ratio = payload_ratio(requests, payload);
  payload.ratio = ratio.value * requests.ratio;
  payload.ratio_error =
      std::hypot(ratio.error * requests.ratio, requests.ratio_error * ratio.value);
  const bool worth_telling = ratio.differs_from(1);
  return Compared(std::move(payload), worth_telling);
}

std::optional<Loss> loss_of(const Compared& compared, const Series& series) {
  Loss loss;
  double variance = 0;
  for (const Stretch& one : compared.stretches) {
    if (one.what != Stretch::What::missing) continue;
    if (loss.stretches++ == 0) loss.begin = series.intervals[one.window.first].begin;
    loss.end = series.intervals[one.window.last - 1].end;
    loss.missing += one.missing;
    variance += one.deviation * one.deviation;
  }
  if (loss.stretches == 0) return std::nullopt;
  loss.low = std::max(0.0, loss.missing - kDeviate99 * std::sqrt(variance));
  loss.high = loss.missing + kDeviate99 * std::sqrt(variance);
  return loss;
}

bool has_more(const Compared& compared) {
  return std::ranges::any_of(compared.stretches,
                             [](const Stretch& one) { return one.what == Stretch::What::more; });
}

// The ends from one interval before a stretch to its last.
void add_ends(const Compared& compared, const Series& series, std::vector<ContainerEnd>& ends) {
  for (const ContainerEnd& one : series.ends) {
    const bool within = std::ranges::any_of(compared.stretches, [&](const Stretch& stretch) {
      if (stretch.what != Stretch::What::missing) return false;
      const std::size_t before = stretch.window.first > 0 ? stretch.window.first - 1 : 0;
      return one.seen > series.intervals[before].begin &&
             one.after < series.intervals[stretch.window.last - 1].end;
    });
    const bool known = std::ranges::any_of(ends, [&one](const ContainerEnd& other) {
      return other.seen == one.seen && other.name == one.name && other.host == one.host;
    });
    if (within && !known) ends.push_back(one);
  }
}

int rank(const ContainerEnd& end) { return end.of == Of::mirror ? 0 : end.of == Of::other ? 1 : 2; }

double visible_part_of(const Fluctuation& all) {
  const Window whole{0, all.size()};
  const double expected = all.expected(whole);
  if (expected <= 0) return 1;
  return std::min(1.0,
                  (bound_of_whole_run() + kOneSided95) * std::sqrt(all.variance(whole)) / expected);
}

Error nothing_to_compare(const Series& series, Unit unit) {
  if (series.intervals.empty()) {
    return {.what = "no interval has rows of all hosts", .hint = "give recordings of one time"};
  }
  return {.what = fmt::format("the original received no {}", kUnitNames[unit]),
          .hint = "see what its accounts received: cgtally replay FILE"};
}

}  // namespace

Band band_of(const Fluctuation& all, Window window) {
  const double expected = all.expected(window);
  // A request is whole: half of one on each side.
  const double half = all.quantity().counts_requests ? 0.5 : 0;
  const double reach = kDeviate99 * std::sqrt(all.variance(window)) + half;
  return {.low = std::max(0.0, expected - reach), .high = expected + reach};
}

Result<CompareReport> compare(Series series, const CompareOptions& options) {
  const Unit unit = options.unit.value_or(choose_unit(series));
  Quantity requests = requests_in(series, unit, options.share);
  const Quantity payload = payload_in(series, requests);
  const bool none =
      std::ranges::all_of(requests.original, [](double amount) { return amount <= 0; });
  if (none) return std::unexpected(nothing_to_compare(series, unit));
  if (options.ratio) requests.ratio = *options.ratio;
  const auto learnt = ratio_to_learn(options, unit, requests, payload);
  if (learnt) use(*learnt, requests);
  std::optional<Compared> second;
  if (unit != Unit::bytes) second = compare_payload(requests, payload);
  CompareReport report{.options = options,
                       .series = std::move(series),
                       .unit = unit,
                       .requests = Compared(std::move(requests), learnt.has_value()),
                       .payload = std::move(second),
                       .lost = {},
                       .payload_lost = {},
                       .ends = {}};
  report.lost = loss_of(report.requests, report.series);
  report.more = has_more(report.requests);
  add_ends(report.requests, report.series, report.ends);
  if (report.payload) {
    report.payload_lost = loss_of(*report.payload, report.series);
    report.more = report.more || has_more(*report.payload);
    add_ends(*report.payload, report.series, report.ends);
  }
  std::ranges::stable_sort(report.ends, {}, rank);
  report.visible_part = visible_part_of(report.requests.all);
  return report;
}

}  // namespace cgtally::compare
