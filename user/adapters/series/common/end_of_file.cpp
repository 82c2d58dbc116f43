// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/end_of_file.h"

#include <fmt/core.h>

#include "core/base/text.h"

namespace cgtally::series {

void EndOfFile::see(SeriesBuilder& builder, std::size_t line, std::string_view figure) {
  builder_ = &builder;
  line_ = line;
  above_ = figure_.size();
  figure_ = figure;
}

void EndOfFile::settle(bool terminated) {
  if (terminated || builder_ == nullptr || figure_.empty() || figure_.size() >= above_) return;
  builder_->series().notes.push_back(fmt::format(
      "the last line ({}) has no end: its figure, {}, may be cut", line_, printable(figure_)));
}

}  // namespace cgtally::series
