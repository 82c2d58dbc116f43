// SPDX-License-Identifier: Apache-2.0
#include "cli/options/parsing.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "cli/options/version.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

// The way to read, to write and to name values of one kind.
template <typename Value>
struct Kind {
  const char* type;  // in --help
  Result<Value> (*parse)(std::string_view text);
  std::string (*typed)(Value value);  // as the user would type it
};

std::string typed_duration(Nanoseconds time) {
  using namespace std::chrono_literals;
  constexpr std::array<std::pair<Nanoseconds, const char*>, 6> kUnits{
      {{24h, "d"}, {1h, "h"}, {1min, "m"}, {1s, "s"}, {1ms, "ms"}, {1us, "us"}}};
  if (time == 0ns) return "0s";
  for (const auto& [unit, name] : kUnits) {
    if (time % unit == 0ns) return fmt::format("{}{}", time / unit, name);
  }
  return fmt::format("{}ns", time.count());
}

std::string typed_with_unit(std::uint64_t value, const std::array<const char*, 5>& units) {
  std::size_t unit = 0;
  for (; value != 0 && value % 1000 == 0 && unit + 1 < units.size(); ++unit) value /= 1000;
  return fmt::format("{}{}", value, units[unit]);
}

std::string typed_count(std::uint64_t count) { return fmt::format("{}", count); }
std::string typed_rate(BitRate rate) {
  return typed_with_unit(rate.bits_per_second, {"bit", "kbit", "Mbit", "Gbit", "Tbit"});
}
std::string typed_size(Bytes size) {
  return typed_with_unit(size.value, {"B", "kB", "MB", "GB", "TB"});
}

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc{} && stop == end) return value;
  return std::unexpected(usage_error({}, {}));
}

constexpr Kind<Nanoseconds> kDuration{"TIME", parse_duration, typed_duration};
constexpr Kind<BitRate> kRate{"RATE", parse_bit_rate, typed_rate};
constexpr Kind<Bytes> kSize{"SIZE", parse_bytes, typed_size};
constexpr Kind<std::uint64_t> kCount{"N", parse_count, typed_count};

// "--iface" of "-i,--iface"
std::string plain_name(const std::string& name) { return name.substr(name.rfind(',') + 1); }

template <typename Value>
std::string range_of(const Kind<Value>& kind, const Bounds<Value>& bounds) {
  return fmt::format("{} to {}", kind.typed(bounds.least), kind.typed(bounds.most));
}

template <typename Value>
Value value_within(const Kind<Value>& kind, const std::string& option, const Bounds<Value>& bounds,
                   const std::string& text) {
  const std::string range = range_of(kind, bounds);
  const Result<Value> parsed = kind.parse(text);
  if (!parsed) refuse(option, range, text, parsed.error().hint);
  if (*parsed < bounds.least || bounds.most < *parsed) refuse(option, range, text);
  return *parsed;
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
  const auto read = [&kind, option = plain_name(text.name), bounds,
                     store = std::move(store)](const std::string& given) {
    store(value_within(kind, option, bounds, given));
  };
  command.add_option_function<std::string>(text.name, read, help_of(text, range_of(kind, bounds)))
      ->type_name(kind.type);
}

CLI::Validator filled(const std::string& option, const std::string& wanted) {
  const auto check = [option, wanted](const std::string& given) {
    if (given.empty()) refuse(option, wanted, given);
    return std::string();
  };
  return {check, std::string()};
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

void refuse(const std::string& option, const std::string& wanted, const std::string& text,
            std::string hint) {
  const bool is_seen = !text.empty() && text.find_first_of(" \t\n") == std::string::npos;
  const std::string shown = is_seen ? text : fmt::format("'{}'", text);
  throw_usage_error(fmt::format("{} must be {}, got {}", option, wanted, shown), std::move(hint));
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
  const auto read = [option = plain_name(text.name), names = std::move(names), all,
                     store = std::move(store)](const std::string& given) {
    const auto found = std::ranges::find(names, given);
    if (found == names.end()) {
      refuse(option, all, given);
    }
    store(static_cast<std::size_t>(found - names.begin()));
  };
  command.add_option_function<std::string>(text.name, read, help_of(text, all))->type_name("NAME");
}

void add_parsed(CLI::App& command, const OptionText& text, const std::string& type,
                const Store<const std::string&>& parse) {
  const auto read = [option = plain_name(text.name), type, parse](const std::string& given) {
    if (given.empty()) refuse(option, type, given);
    parse(given);
  };
  command.add_option_function<std::string>(text.name, read, help_of(text, {}))->type_name(type);
}

void add_flag(CLI::App& command, const OptionText& text, bool& value) {
  command.add_flag(text.name, value, help_of(text, {}));
}

void add_text(CLI::App& command, const OptionText& text, const std::string& type,
              std::string& value) {
  add_parsed(command, text, type, [&value](const std::string& given) { value = given; });
}

void add_list(CLI::App& command, const OptionText& text, const std::string& type,
              std::vector<std::string>& values) {
  command.add_option(text.name, values, help_of(text, {}))
      ->type_name(type)
      ->check(filled(plain_name(text.name), type))
      ->allow_extra_args(false);
}

void add_files(CLI::App& command, const std::string& help, bool required,
               std::vector<std::string>& files) {
  command.add_option("FILE", files, help)
      ->type_name("")
      ->check(filled("FILE", "a file, or - for stdin"))
      ->required(required);
}

void add_argument(CLI::App& command, const std::string& name, const std::string& help,
                  std::string& value) {
  command.add_option(name, value, help)->type_name("")->check(filled(name, "given"))->required();
}

void add_version(CLI::App& command) {
  command.set_version_flag("--version", fmt::format("cgtally {}", program_version()),
                           "Print the version");
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
