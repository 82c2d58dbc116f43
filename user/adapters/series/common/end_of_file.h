// SPDX-License-Identifier: Apache-2.0
// Notices a figure that may be cut: the last of a file whose last line has no end, if it is shorter
// than the figure above it. Used by the readers of tables. Refuses nothing: many files end so.
#pragma once

#include <string>
#include <string_view>

#include "adapters/series/common/builder.h"

namespace cgtally::series {

class EndOfFile {
 public:
  // A row of `builder`, whose last field is a figure; empty: it is not one that is read.
  void see(SeriesBuilder& builder, std::size_t line, std::string_view figure);
  // To be called after the last row.
  void settle(bool terminated);

 private:
  SeriesBuilder* builder_ = nullptr;
  std::size_t line_ = 0;
  std::string figure_;
  std::size_t above_ = 0;  // characters of the figure above
};

}  // namespace cgtally::series
