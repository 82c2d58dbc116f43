// SPDX-License-Identifier: Apache-2.0
#include "cli/options/parsing.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

// The way to read, to write and to name values of one kind.
template <typename Value>
struct Kind {
  const char* type;    // in --help
  const char* wanted;  // in an error, where there are no bounds to name
  Result<Value> (*parse)(std::string_view text);
  std::string (*typed)(Value value);  // as the user would type it
};

std::string typed_duration(Nanoseconds time) {
  using namespace std::chrono_literals;
  constexpr std::array<std::pair<Nanoseconds, const char*>, 5> kUnits{
      {{1h, "h"}, {1min, "m"}, {1s, "s"}, {1ms, "ms"}, {1us, "us"}}};
  for (const auto& [unit, name] : kUnits) {
    if (time % unit == 0ns) return fmt::format("{}{}", time / unit, name);
  }
  return fmt::format("{}ns", time.count());
}

std::string typed_count(std::uint64_t count) { return fmt::format("{}", count); }
std::string typed_rate(BitRate rate) { return fmt::format("{}bit", rate.bits_per_second); }
std::string typed_size(Bytes size) { return fmt::format("{}B", size.value); }

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc{} && stop == end) return value;
  return std::unexpected(usage_error({}, {}));
}

constexpr Kind<Nanoseconds> kDuration{"TIME", "a duration", parse_duration, typed_duration};
constexpr Kind<BitRate> kRate{"RATE", "a bit rate", parse_bit_rate, typed_rate};
constexpr Kind<Bytes> kSize{"SIZE", "a number of bytes", parse_bytes, typed_size};
constexpr Kind<std::uint64_t> kCount{"N", "a whole number", parse_count, typed_count};

template <typename Value>
std::string range_of(const Kind<Value>& kind, const Bounds<Value>& bounds) {
  if (!bounds.most) return {};
  return fmt::format("{} to {}", kind.typed(bounds.least), kind.typed(*bounds.most));
}

template <typename Value>
Value value_within(const Kind<Value>& kind, const std::string& option, const Bounds<Value>& bounds,
                   const std::string& text) {
  const std::string range = range_of(kind, bounds);
  const Result<Value> parsed = kind.parse(text);
  const Value value = accepted(option, range.empty() ? kind.wanted : range, text, parsed,
                               parsed ? std::string() : parsed.error().hint);
  if (value < bounds.least || (bounds.most && *bounds.most < value)) {
    throw_usage_error(fmt::format("{} must be {}, got {}", option,
                                  range.empty() ? "greater than 0" : range, text),
                      {});
  }
  return value;
}

// "Time between two readings (100ms to 1h; default: 1s)"
std::string help_of(const OptionText& text, const std::string& range) {
  std::string remark = range;
  if (!text.fallback.empty()) {
    remark += fmt::format("{}default: {}", range.empty() ? "" : "; ", text.fallback);
  }
  return remark.empty() ? text.help : fmt::format("{} ({})", text.help, remark);
}

template <typename Value>
void add_bounded(CLI::App& command, const OptionText& text, const Kind<Value>& kind,
                 const Bounds<Value>& bounds, Store<Value> store) {
  const auto read = [&kind, option = text.name, bounds,
                     store = std::move(store)](const std::string& given) {
    store(value_within(kind, option, bounds, given));
  };
  command.add_option_function<std::string>(text.name, read, help_of(text, range_of(kind, bounds)))
      ->type_name(kind.type);
}

// "default, vpc-1 or ebs-1"
std::string alternatives(const std::vector<std::string>& names) {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* before = i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    all += before + names[i];
  }
  return all;
}

}  // namespace

void throw_usage_error(std::string what, std::string hint) {
  throw UsageError(usage_error(std::move(what), std::move(hint)));
}

void add_time(CLI::App& command, const OptionText& text, const Bounds<Nanoseconds>& bounds,
              Store<Nanoseconds> store) {
  add_bounded(command, text, kDuration, bounds, std::move(store));
}

void add_rate(CLI::App& command, const OptionText& text, const Bounds<BitRate>& bounds,
              Store<BitRate> store) {
  add_bounded(command, text, kRate, bounds, std::move(store));
}

void add_bytes(CLI::App& command, const OptionText& text, const Bounds<Bytes>& bounds,
               Store<Bytes> store) {
  add_bounded(command, text, kSize, bounds, std::move(store));
}

void add_count(CLI::App& command, const OptionText& text, const Bounds<std::uint64_t>& bounds,
               Store<std::uint64_t> store) {
  add_bounded(command, text, kCount, bounds, std::move(store));
}

void add_choice(CLI::App& command, const OptionText& text, std::vector<std::string> names,
                Store<std::size_t> store) {
  const std::string all = alternatives(names);
  const auto read = [option = text.name, names = std::move(names), all,
                     store = std::move(store)](const std::string& given) {
    const auto found = std::ranges::find(names, given);
    if (found == names.end()) {
      throw_usage_error(fmt::format("{} must be {}, got {}", option, all, given), {});
    }
    store(static_cast<std::size_t>(found - names.begin()));
  };
  command.add_option_function<std::string>(text.name, read, help_of(text, all))->type_name("NAME");
}

void add_parsed(CLI::App& command, const OptionText& text, const std::string& type,
                const Store<const std::string&>& parse) {
  command.add_option_function<std::string>(text.name, parse, help_of(text, {}))->type_name(type);
}

void add_flag(CLI::App& command, const OptionText& text, bool& value) {
  command.add_flag(text.name, value, help_of(text, {}));
}

void add_text(CLI::App& command, const OptionText& text, const std::string& type,
              std::string& value) {
  command.add_option(text.name, value, help_of(text, {}))->type_name(type);
}

void add_list(CLI::App& command, const OptionText& text, const std::string& type,
              std::vector<std::string>& values) {
  command.add_option(text.name, values, help_of(text, {}))
      ->type_name(type)
      ->allow_extra_args(false);
}

void add_files(CLI::App& command, const std::string& help, bool required,
               std::vector<std::string>& files) {
  command.add_option("FILE", files, help)->type_name("")->required(required);
}

void add_argument(CLI::App& command, const std::string& name, const std::string& help,
                  std::string& value) {
  command.add_option(name, value, help)->type_name("")->required();
}

void add_version(CLI::App& command) {
  command.set_version_flag("--version", "cgtally " CGTALLY_VERSION, "Print the version");
}

void need_each_other(CLI::App& command, const std::string& one, const std::string& other) {
  command.get_option(one)->needs(command.get_option(other));
  command.get_option(other)->needs(command.get_option(one));
}

void exclude_each_other(CLI::App& command, const std::string& one, const std::string& other) {
  command.get_option(one)->excludes(command.get_option(other));
}

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& help) {
  return *app.add_subcommand(name, help);
}

void on_chosen(CLI::App& command, std::function<void()> chosen) {
  command.callback(std::move(chosen));
}

}  // namespace cgtally::cli
