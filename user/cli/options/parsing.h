// SPDX-License-Identifier: Apache-2.0
// Adds options to a command, each with its unit, its default and its bounds: --help shows them, and
// a value outside of them ends the parsing with a UsageError that names them, such as "--slots must
// be 64 to 1048576, got 7". Commands and the other files of this folder build on these functions;
// they never include CLI11, which takes the compiler ten seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

// Ends the parsing with an error in the project's own form. Thrown by options, caught by
// run_command_line(); nothing else in the program throws errors.
class UsageError : public std::exception {
 public:
  explicit UsageError(Error error) : error_(std::move(error)) {}
  [[nodiscard]] const char* what() const noexcept override { return error_.what.c_str(); }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Error error_;
};

[[noreturn]] void throw_usage_error(std::string what, std::string hint);
// Throws "OPTION must be WANTED, got TEXT"; with quotation marks where TEXT could not be seen else.
[[noreturn]] void refuse(const std::string& option, const std::string& wanted,
                         const std::string& text, std::string hint = {});

// refuse() if `parsed` is an error.
template <typename Value>
Value accepted(const std::string& option, const std::string& wanted, const std::string& text,
               const Result<Value>& parsed, std::string hint = {}) {
  if (!parsed) refuse(option, wanted, text, std::move(hint));
  return *parsed;
}

// No option and no argument accepts an empty text: it is a variable of a script that was not set.
// An option as --help shows it: "--interval", "Time between two readings", "1s".
struct OptionText {
  std::string name;
  std::string help;
  std::string fallback = {};  // the default; empty: --help names none
};

// The values that an option accepts, both ends included.
template <typename Value>
struct Bounds {
  Value least{};
  Value most;
};
// Where the subject sets no bound, these do: more is a mistake of typing, and what is computed from
// them stays within 64 bits.
inline constexpr Nanoseconds kLongestTime = std::chrono::days{3650};
inline constexpr BitRate kHighestRate{1'000'000'000'000'000};
inline constexpr Bounds<Nanoseconds> kAnyTime{.most = kLongestTime};
inline constexpr Bounds<Nanoseconds> kAnyPositiveTime{.least = Nanoseconds{1},
                                                      .most = kLongestTime};
inline constexpr Bounds<BitRate> kAnyRate{.most = kHighestRate};
inline constexpr Bounds<BitRate> kAnyPositiveRate{.least = BitRate{1}, .most = kHighestRate};
inline constexpr Bounds<Bytes> kAnySize{.most = Bytes{1'000'000'000'000'000}};

template <typename Value>
using Store = std::function<void(Value)>;
// Stores an option's value in `target`, which outlives the parsing.
template <typename Target>
auto into(Target& target) {
  return [&target](auto value) { target = static_cast<Target>(value); };
}

void add_time(CLI::App& command, const OptionText& text, const Bounds<Nanoseconds>& bounds,
              Store<Nanoseconds> store);
void add_rate(CLI::App& command, const OptionText& text, const Bounds<BitRate>& bounds,
              Store<BitRate> store);
void add_bytes(CLI::App& command, const OptionText& text, const Bounds<Bytes>& bounds,
               Store<Bytes> store);
void add_count(CLI::App& command, const OptionText& text, const Bounds<std::uint64_t>& bounds,
               Store<std::uint64_t> store);
// Accepts one of `names`, and stores its place among them.
void add_choice(CLI::App& command, const OptionText& text, std::vector<std::string> names,
                Store<std::size_t> store);
// `parse` throws a UsageError at a value that it does not accept. `type`: "RATE", "SHARE|RATE".
void add_parsed(CLI::App& command, const OptionText& text, const std::string& type,
                const Store<const std::string&>& parse);

void add_flag(CLI::App& command, const OptionText& text, bool& value);
void add_text(CLI::App& command, const OptionText& text, const std::string& type,
              std::string& value);
// An option that may be given several times, each time with one value.
void add_list(CLI::App& command, const OptionText& text, const std::string& type,
              std::vector<std::string>& values);
// The arguments of a command that are not options.
void add_files(CLI::App& command, const std::string& help, bool required,
               std::vector<std::string>& files);
// One that must be there.
void add_argument(CLI::App& command, const std::string& name, const std::string& help,
                  std::string& value);
void add_version(CLI::App& command);
// The command line may have both or neither.
void need_each_other(CLI::App& command, const std::string& one, const std::string& other);
// The command line may have one of them.
void exclude_each_other(CLI::App& command, const std::string& one, const std::string& other);

// Adds a command. `chosen` is called by the parsing if the user chose that command.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& help);
void on_chosen(CLI::App& command, std::function<void()> chosen);

}  // namespace cgtally::cli
