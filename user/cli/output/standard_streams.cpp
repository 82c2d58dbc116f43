// SPDX-License-Identifier: Apache-2.0
// A descriptor that was closed gets /dev/null, opened the wrong way round: it takes the number, and
// whoever reads or writes there still gets EBADF.
#include "cli/output/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "adapters/terminal/terminal.h"
#include "cli/output/messages.h"
#include "core/base/text.h"

namespace cgtally::cli {
namespace {

// The lowest free number is the one that is closed, because those below are open by now.
void occupy(int fd) {
  if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) return;
  const int how = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
  if (::open("/dev/null", how | O_NOCTTY) >= 0) return;
  // A root without /dev: a directory can be opened, but not be read or written.
  [[maybe_unused]] const int taken = ::open("/", O_RDONLY | O_DIRECTORY);
}

}  // namespace

void secure_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) occupy(fd);
  // What cannot be written is an error that says so, not a death: a closed pipe, a file that is as
  // long as the caller's limit allows.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

int print_answer(std::string_view text, bool rows_on_stdout) {
  return exit_code_of_output(
      terminal::write_all(rows_on_stdout ? STDERR_FILENO : STDOUT_FILENO, printable_lines(text)));
}

int exit_code_of_output(const Result<void>& written) {
  if (written || written.error().code == EPIPE) return number(ExitCode::fine);
  return print_error(written.error());
}

}  // namespace cgtally::cli
