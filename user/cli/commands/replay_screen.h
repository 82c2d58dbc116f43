// SPDX-License-Identifier: Apache-2.0
// The screen of `replay`: a recording to walk along, with the keys and pages of live.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/screen/screen.h"
#include "core/screen/timeline.h"

namespace cgtally::cli {

struct ReplayView {
  std::string terminal;  // of Interactive::find_terminal()
  screen::View view;
  std::optional<std::size_t> top;
};

// Shows the timeline, which is finished and not empty, until q is pressed. Returns the exit code if
// the screen has failed.
std::optional<int> show_timeline(const screen::Timeline& timeline, const ReplayView& view);

}  // namespace cgtally::cli
