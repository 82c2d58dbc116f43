// SPDX-License-Identifier: Apache-2.0
// Everything that the program writes to stderr, in one form, and the exit codes that its messages
// lead to. An error is one line that says what failed and one indented line that says how to mend
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cgtally::cli {

// Scripts rely on these numbers: they never change.
enum class ExitCode : int {
  fine = 0,
  failed = 1,
  usage = 2,          // the user asked for something that cannot be
  unsupported = 3,    // not permitted, or not supported here
  limit_crossed = 4,  // a limit that the user set
};

constexpr int number(ExitCode code) { return static_cast<int>(code); }
[[nodiscard]] ExitCode exit_code(Failure failure);

// "cgtally: WHAT" and, indented, the hint.
[[nodiscard]] std::string error_text(const Error& error);

// Both print the error and return its exit code. After an error that the host is to blame for,
// print_start_error() lists the requirements that the host does not meet.
int print_error(const Error& error);
int print_start_error(const Error& error, const std::string& host_root);

void say(std::string_view line);                          // "cgtally: LINE"
void print_block(const std::vector<std::string>& lines);  // the first as say(), the rest indented

}  // namespace cgtally::cli
