// SPDX-License-Identifier: Apache-2.0
// The story of a report: what happened, who, when the credits ended or would have, what to do. Its
// figures and sentences are those of `replay`, `bursts` and `lifecycle`.
#pragma once

#include <string>
#include <vector>

#include "core/report/chapters.h"
#include "core/report/findings.h"

namespace cgtally::report {

struct KeyFigure {
  std::string label;
  std::string value;
  std::string note;
};

struct Story {
  std::string lead;  // the most important thing, in one or two sentences
  std::vector<KeyFigure> figures;
  std::vector<Chapter> chapters;
};

[[nodiscard]] Story story_of(const Findings& findings);

}  // namespace cgtally::report
