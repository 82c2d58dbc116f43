// SPDX-License-Identifier: Apache-2.0
// Standard streams: what a command answers goes to stdout, and an answer that did not get there is
// an error, whatever the command. A reader that has gone is none: nobody needs the rest.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace cgtally::cli {

// To be called before anything is opened. Fills each of the descriptors 0 to 2 that is closed, so
// that no file gets the number of a standard stream and messages in it; reading and writing there
// fails as before. A write to a closed pipe says EPIPE from now on, one beyond the limit of file
// size EFBIG, and neither ends the program.
void secure_standard_streams();

// Writes the text, its lines made harmless by printable_lines(), to the end, to stdout, or to
// stderr where `rows_on_stdout`. Returns the exit code; prints the error, if any.
[[nodiscard]] int print_answer(std::string_view text, bool rows_on_stdout = false);

// The same for something that was written already.
[[nodiscard]] int exit_code_of_output(const Result<void>& written);

}  // namespace cgtally::cli
