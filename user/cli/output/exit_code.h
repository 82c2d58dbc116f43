// SPDX-License-Identifier: Apache-2.0
// What the process tells its caller at the end. Scripts rely on these numbers: they never change.
#pragma once

#include "core/base/result.h"

namespace cgtally::cli {

enum class ExitCode : int {
  fine = 0,
  failed = 1,
  usage = 2,          // what was asked for cannot be
  unsupported = 3,    // not permitted, or not supported here
  limit_crossed = 4,  // a limit that was asked for
};

constexpr int number(ExitCode code) { return static_cast<int>(code); }

constexpr ExitCode exit_code(Failure failure) {
  switch (failure) {
    case Failure::usage:
      return ExitCode::usage;
    case Failure::unsupported:
      return ExitCode::unsupported;
    case Failure::failed:
      break;
  }
  return ExitCode::failed;
}

}  // namespace cgtally::cli
