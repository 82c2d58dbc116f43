// SPDX-License-Identifier: Apache-2.0
// The program: the last resort for exceptions.
#include <fmt/core.h>

#include <exception>
#include <new>
#include <system_error>

#include "cli/commands/commands.h"
#include "cli/options/command_line.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"

using namespace cgtally::cli;

int main(int argc, char** argv) {
  secure_standard_streams();
  try {
    return run_command_line(argc, argv, add_commands);
  } catch (const std::bad_alloc&) {
    return print_error(
        {.what = "there is not enough memory",
         .hint = "raise the limit: docker --memory, MemoryMax= of systemd, ulimit -v"});
  } catch (const std::system_error& error) {
    // Of the calls that are made only the start of a thread reports by an exception.
    return print_error(
        {.what = fmt::format("start a thread: {}", error.code().message()),
         .hint = "raise the limit: docker --pids-limit, TasksMax= of systemd, ulimit -u"});
  } catch (const std::exception& error) {
    return print_error({.what = fmt::format("internal error: {}", error.what()), .hint = {}});
  }
}
