// SPDX-License-Identifier: Apache-2.0
#include "cli/output/messages.h"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>

#include "adapters/host/facts.h"
#include "adapters/sys/write.h"
#include "core/base/text.h"
#include "core/health/host_diagnosis.h"

namespace cgtally::cli {
namespace {

constexpr Nanoseconds kPatience = std::chrono::seconds(1);

// Messages that nobody has taken, since the last one that was.
std::atomic<unsigned> untaken = 0;

// A log that is full and not read, or a terminal that Ctrl-S has stopped, must hold up neither what
// counts nor the end of the program. Only the first message waits for it.
bool stderr_has_room(int fd) {
  return sys::wait_writable(fd, -1, untaken == 0 ? kPatience : Nanoseconds{0});
}

// Writes in one call, so that lines of two processes do not mix. Errors of stderr are ignored. What
// is said may have names and files in it: no byte of those reaches the terminal raw. A line break
// ends a line of ours.
void print(std::string_view text) {
  std::string safe = printable_lines(text);
  if (const unsigned before = untaken; before > 0) {
    safe.insert(
        0, fmt::format("cgtally: {} before this could not be written, because nobody took {}\n",
                       before == 1 ? "a message" : fmt::format("{} messages", before),
                       before == 1 ? "it" : "them"));
  }
  if (sys::write_all(STDERR_FILENO, safe, stderr_has_room) == ECANCELED) {
    ++untaken;
  } else {
    untaken = 0;
  }
}

}  // namespace

ExitCode exit_code(Failure failure) {
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

std::string error_text(const Error& error) {
  const std::string hint = error.hint.empty() ? "" : fmt::format("  {}\n", error.hint);
  return fmt::format("cgtally: {}\n{}", error.what, hint);
}

int print_error(const Error& error) {
  print(error_text(error));
  return number(exit_code(error.failure));
}

int print_start_error(const Error& error, const std::string& host_root) {
  print(error_text(error));
  if (error.failure == Failure::unsupported) {
    auto missing = diagnose(host::gather_facts(host_root));
    std::erase_if(missing, [](const Finding& finding) {
      return finding.verdict != Finding::Verdict::missing;
    });
    for (const Finding& finding : missing) {
      // The error itself says that programs do not load; the other findings, if any, say why.
      const bool said = (finding.check == "bpf" && missing.size() > 1) ||
                        error.what.find(finding.detail) != std::string::npos;
      if (!said) {
        print(fmt::format("  missing: {}: {}\n    {}\n", finding.check, finding.detail,
                          finding.hint));
      }
    }
  }
  return number(exit_code(error.failure));
}

void say(std::string_view line) { print(fmt::format("cgtally: {}\n", line)); }

void print_block(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += fmt::format("{}{}\n", text.empty() ? "cgtally: " : "  ", line);
  }
  print(text);
}

}  // namespace cgtally::cli
