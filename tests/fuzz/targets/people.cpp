// SPDX-License-Identifier: Apache-2.0
// What people give: keys, command lines, quantities.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "adapters/netns/selection.h"
#include "cli/commands/commands.h"
#include "cli/options/command_line.h"
#include "core/base/glob.h"
#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/screen/screen.h"
#include "core/series/numbers.h"
#include "core/series/series.h"
#include "core/series/times.h"
#include "fuzz/target.h"
#include "unit/core/screen/shown.h"

namespace cgtally::fuzz {
namespace {

// Standard output and error go nowhere while it lives.
class Silence {
 public:
  Silence() : saved_{::dup(STDOUT_FILENO), ::dup(STDERR_FILENO)} {
    (void)std::fflush(nullptr);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    (void)std::fflush(nullptr);
    ::dup2(saved_[0], STDOUT_FILENO);
    ::dup2(saved_[1], STDERR_FILENO);
    ::close(saved_[0]);
    ::close(saved_[1]);
  }

 private:
  std::array<int, 2> saved_;
};

using AddCommand = void (*)(CLI::App& app, std::function<int()>& run);
constexpr std::array<AddCommand, 14> kCommands{
    cli::add_live,   cli::add_record, cli::add_bursts,  cli::add_credits,  cli::add_serve,
    cli::add_totals, cli::add_replay, cli::add_compare, cli::add_report,   cli::add_size,
    cli::add_up,     cli::add_down,   cli::add_status,  cli::add_lifecycle};

screen::Key key_of(unsigned char byte, unsigned char row, unsigned char column) {
  constexpr unsigned char kKinds = static_cast<unsigned char>(screen::KeyKind::end_of_input) + 1;
  if (byte >= 128 && byte < 128 + kKinds) {
    return {.kind = static_cast<screen::KeyKind>(byte - 128), .row = row, .column = column};
  }
  return {.character = byte < 128 ? byte : (char32_t{byte} << 8U | row)};
}

}  // namespace

// Each three bytes are a key and a place; a frame is drawn after each.
void screen_keys(std::string_view input) {
  screen::Content content = screen::content_of(screen::three_samples());
  screen::Screen shown(content, {}, {});
  constexpr std::size_t kMostKeys = 24;
  for (std::size_t at = 0; at + 2 < input.size() && at < 3 * kMostKeys; at += 3) {
    const auto row = static_cast<unsigned char>(input[at + 1]);
    const auto column = static_cast<unsigned char>(input[at + 2]);
    use(shown.press(key_of(static_cast<unsigned char>(input[at]), row, column)));
    const screen::Frame frame = shown.draw({.columns = column, .rows = row % 64U, .unicode = true});
    for (const screen::Line& line : frame.lines) {
      for (const screen::Span& span : line.spans())
        require_harmless(span.text, "a frame is harmless");
    }
  }
}

// An argument on each line. The command is understood, and not run.
void command_lines(std::string_view input) {
  std::vector<std::string> texts{"cgtally"};
  while (!input.empty() && texts.size() < 40) {
    const auto [line, rest] = first_line(input);
    texts.emplace_back(line.substr(0, line.find('\0')));
    input = rest;
  }
  std::vector<const char*> arguments;
  arguments.reserve(texts.size());
  for (const std::string& text : texts) arguments.push_back(text.c_str());
  const Silence silence;
  const int code = cli::run_command_line(static_cast<int>(arguments.size()), arguments.data(),
                                         [](CLI::App& app, std::function<int()>& run) {
                                           static std::function<int()> not_run;
                                           for (const AddCommand add : kCommands) add(app, not_run);
                                           run = [] { return 0; };
                                         });
  require(code == 0 || code == 2, "a command line is right or wrong usage");
}

void quantities(std::string_view input) {
  const auto duration = parse_duration(input);
  if (duration) use(format_duration(*duration));
  const auto rate = parse_bit_rate(input);
  if (rate) use(format_bit_rate(*rate) + format_bit_rate_short(*rate));
  const auto bytes = parse_bytes(input);
  if (bytes) use(format_bytes(*bytes));
  const auto time = parse_timestamp(input);
  if (time) {
    require(parse_timestamp(format_timestamp(*time)) == time,
            "a time is the same after writing and reading");
    use(format_date_time(*time) + format_clock(*time));
  }
  use(parse_series_time(input));
  use(parse_series_unit(input));
  const auto [pattern, name] = first_line(input);
  use(matches_glob(pattern, name));
  require(matches_glob("*", name), "a star matches all");
  require(matches_glob(name, name), "each name matches itself");
  use(netns::means_several(std::string(input)));
}

// A number on each line, of one file.
void numbers(std::string_view input) {
  NumberReader reader;
  while (!input.empty()) {
    const auto [line, rest] = first_line(input);
    const auto number = reader.read(line);
    require(!number || is_missing(number->value) || number->value >= 0,
            "an amount is not negative");
    input = rest;
  }
  use(reader.in_doubt());
}

}  // namespace cgtally::fuzz
