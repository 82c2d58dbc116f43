// SPDX-License-Identifier: Apache-2.0
#include "cli/output/messages.h"

#include <algorithm>
#include <cstdio>

#include "adapters/host/facts.h"
#include "core/health/host_diagnosis.h"

namespace cgtally::cli {
namespace {

// In one call, so that lines of two processes do not mix. Who listens no more misses nothing.
void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

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
  std::string text = "cgtally: " + error.what + "\n";
  if (!error.hint.empty()) {
    text += "  " + error.hint + "\n";
  }
  return text;
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
      // That programs do not load is what the error itself says; the others say why, if there are
      // any.
      const bool said = (finding.check == "bpf" && missing.size() > 1) ||
                        error.what.find(finding.detail) != std::string::npos;
      if (!said) {
        print("  missing: " + finding.check + ": " + finding.detail + "\n    " + finding.hint +
              "\n");
      }
    }
  }
  return number(exit_code(error.failure));
}

void say(std::string_view line) { print("cgtally: " + std::string(line) + "\n"); }

void print_block(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "cgtally: " : "  ") + line + "\n";
  }
  print(text);
}

}  // namespace cgtally::cli
