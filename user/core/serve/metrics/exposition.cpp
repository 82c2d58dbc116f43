// SPDX-License-Identifier: Apache-2.0
// Sources: "Exposition formats" of Prometheus, and OpenMetrics 1.0.
#include "core/serve/metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "core/base/text.h"

namespace cgtally::serve {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

// Both formats want bounds as floating-point numbers; one text for one bound keeps the series.
std::string bound_text(double bound) {
  std::string text = number(bound);
  if (text.find_first_of(".eI") == std::string::npos) text += ".0";
  return text;
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "";
}

// printable() leaves no line break. A recording that is served may have any bytes for names.
void append_escaped(std::string& text, std::string_view value) {
  for (const char c : printable(value)) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
}

}  // namespace

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

// Who names OpenMetrics at all prefers it, or takes both.
ExpositionFormat accepted_format(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos
             ? ExpositionFormat::openmetrics
             : ExpositionFormat::classic;
}

// The classic format names a counter with its _total, OpenMetrics without.
void ExpositionWriter::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  type_ = type;
  const bool suffixed = type == MetricType::counter && format_ == ExpositionFormat::classic;
  const std::string_view suffix = suffixed ? "_total" : "";
  fmt::format_to(std::back_inserter(text_), "# HELP {0}{1} {2}\n# TYPE {0}{1} {3}\n", name, suffix,
                 help, type_name(type));
}

void ExpositionWriter::write_labels(Labels labels, std::string_view le) {
  char separator = '{';
  const auto write = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_ += separator;
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, value);
    text_ += '"';
    separator = ',';
  };
  for (const auto& [name, value] : labels) write(name, value);
  write("le", le);
  if (separator == ',') text_ += '}';
}

void ExpositionWriter::line(std::string_view suffix, Labels labels, std::string_view le,
                            std::string_view value) {
  text_ += name_;
  text_ += suffix;
  write_labels(labels, le);
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void ExpositionWriter::sample(Labels labels, std::uint64_t value) {
  line(type_ == MetricType::counter ? "_total" : "", labels, {}, fmt::format_int(value).c_str());
}

void ExpositionWriter::sample(Labels labels, double value) {
  line(type_ == MetricType::counter ? "_total" : "", labels, {}, number(value));
}

void ExpositionWriter::sample(Labels labels, std::uint64_t value, Nanoseconds created) {
  sample(labels, value);
  if (format_ != ExpositionFormat::openmetrics) return;
  const double seconds = std::chrono::duration<double>(created).count();
  line("_created", labels, {}, fmt::format("{:.3f}", seconds));
}

void ExpositionWriter::bucket(Labels labels, double bound, std::uint64_t at_most) {
  line("_bucket", labels, bound_text(bound), fmt::format_int(at_most).c_str());
}

void ExpositionWriter::end_of_buckets(Labels labels, std::uint64_t count, double sum) {
  line("_bucket", labels, "+Inf", fmt::format_int(count).c_str());
  line("_sum", labels, {}, number(sum));
  line("_count", labels, {}, fmt::format_int(count).c_str());
}

std::string ExpositionWriter::text() && {
  if (format_ == ExpositionFormat::openmetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace cgtally::serve
