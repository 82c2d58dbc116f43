// SPDX-License-Identifier: Apache-2.0
// Reads the text of a file of another monitor, and says what came of it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/series/read.h"
#include "core/series/intervals.h"

namespace cgtally::series {

struct Form {
  std::string error = {};
  std::string hint = {};
  std::vector<std::string> notes = {};
  IntervalFacts facts = {};
  double first_mbit = 0;  // sent in the first interval
};

inline Form read_form(const std::string& content, const ReadOptions& options = {}) {
  const std::string path = testing::TempDir() + "form-" + std::to_string(::getpid()) + ".csv";
  std::ofstream(path) << content;
  auto input = text::Input::open(path);
  std::filesystem::remove(path);
  if (!input) return {.error = input.error().what};
  auto read = read_series(*input, options);
  if (!read) return {.error = read.error().what, .hint = read.error().hint};
  Form form{.notes = read->at(0).notes};
  if (auto ordered = put_in_order(read->at(0)); !ordered) return {.error = ordered.error().what};
  const auto facts = make_intervals(read->at(0), [&form](const SeriesInterval& one) {
    if (form.first_mbit != 0) return;
    form.first_mbit = one.bytes.tx * 8e-6 / std::chrono::duration<double>(one.length).count();
  });
  if (!facts) return {.error = facts.error().what, .hint = facts.error().hint};
  form.facts = *facts;
  return form;
}

inline ReadOptions sent(const std::string& column, const std::string& unit) {
  ReadOptions options;
  options.columns.tx = column;
  if (!unit.empty()) options.unit = *parse_series_unit(unit);
  return options;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace cgtally::series
