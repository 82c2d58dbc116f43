// SPDX-License-Identifier: Apache-2.0
// Columns that nobody reads, but whose words take turns from row to row: a, b, a, b. The rows are
// of several things then, such as two hosts, whatever the column is called. Used by tables.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cgtally::series {

class TurnWatch {
 public:
  // `columns`: those that are not read.
  explicit TurnWatch(std::vector<std::size_t> columns) : columns_(std::move(columns)) {
    seen_.resize(columns_.size());
  }

  // The rows of one series, in the order of the file.
  void see(const std::vector<std::string>& fields);

  struct Turns {
    std::size_t column = 0;
    std::vector<std::string> words;
  };
  // The first column whose words take turns.
  [[nodiscard]] std::optional<Turns> turns() const;

 private:
  struct Column {
    bool words_only = true;
    std::size_t changes = 0;
    std::string last;
    std::set<std::string> words;
  };

  std::vector<std::size_t> columns_;
  std::vector<Column> seen_;
  std::size_t rows_ = 0;
};

}  // namespace cgtally::series
