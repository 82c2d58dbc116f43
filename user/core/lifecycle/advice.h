// SPDX-License-Identifier: Apache-2.0
// Advice that can be pasted: how a container ends after what still needs it, in the words of
// whatever manages it, with the evidence it rests on. Without a loss there is none.
#pragma once

#include <string>
#include <vector>

#include "core/lifecycle/history.h"

namespace cgtally::lifecycle {

// The lines about one name; the first one is its evidence, the others begin with two blanks.
[[nodiscard]] std::vector<std::string> advice_lines(const Evidence& evidence);

// All of it, for the end of a run; empty lines between the names. Nothing if nothing was lost.
[[nodiscard]] std::vector<std::string> advice_of(const EndHistory& history);

}  // namespace cgtally::lifecycle
