// SPDX-License-Identifier: Apache-2.0
// The talk of the program: everything that goes to stderr goes through here, in one form. An error
// is one line of what, and one of what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/output/exit_code.h"
#include "core/base/result.h"

namespace cgtally::cli {

// "cgtally: WHAT" and, indented, the cure.
[[nodiscard]] std::string error_text(const Error& error);

// Prints the error; its exit code is the result.
int complain(const Error& error);
// As complain(); where the host is at fault, what else is missing here follows.
int complain_of_start(const Error& error, const std::string& host_root);

void say(std::string_view line);                        // "cgtally: LINE"
void say_below(const std::vector<std::string>& lines);  // the first as say(), the rest indented

}  // namespace cgtally::cli
