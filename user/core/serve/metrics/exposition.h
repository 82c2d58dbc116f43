// SPDX-License-Identifier: Apache-2.0
// Exposition: the two text formats that Prometheus reads, with their rules on names, escapes and
// order.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/units.h"

namespace cgtally::serve {

// The classic format 0.0.4, or OpenMetrics 1.0, which has created timestamps and an end.
enum class ExpositionFormat : std::uint8_t { classic, openmetrics };
[[nodiscard]] std::string_view content_type(ExpositionFormat format);
// What a scraper that sends this Accept header gets.
[[nodiscard]] ExpositionFormat accepted_format(std::string_view accept);

enum class MetricType : std::uint8_t { counter, gauge, histogram };

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

// Writes family after family: family() and then its samples. A label whose value is empty is left
// out, which means the same. Does not check that names are right or come once; promtool does.
class ExpositionWriter {
 public:
  explicit ExpositionWriter(ExpositionFormat format) : format_(format) {}

  // `name` without _total, which the samples of counters get.
  void family(std::string_view name, MetricType type, std::string_view help);
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  void sample(Labels labels, bool truth) { sample(labels, std::uint64_t{truth ? 1U : 0U}); }
  // Of a counter, with the wall time at which it was zero.
  void sample(Labels labels, std::uint64_t value, Nanoseconds created);
  // Of a histogram: le is put after the labels.
  void bucket(Labels labels, double bound, std::uint64_t at_most);
  void end_of_buckets(Labels labels, std::uint64_t count, double sum);
  [[nodiscard]] std::string text() &&;

 private:
  void line(std::string_view suffix, Labels labels, std::string_view le, std::string_view value);
  void write_labels(Labels labels, std::string_view le);

  ExpositionFormat format_;
  MetricType type_ = MetricType::gauge;
  std::string name_;
  std::string text_;
};

}  // namespace cgtally::serve
