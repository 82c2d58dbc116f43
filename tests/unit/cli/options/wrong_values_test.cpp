// SPDX-License-Identifier: Apache-2.0
// Gives every option of every command, as the program itself lists them, values that nobody means:
// too large for 64 bits, negative, not a number, empty, in another notation. Each is refused by an
// error that names the option, what it may be, and the value.
#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/options/parsing.h"

namespace cgtally::cli {
namespace {

// An option of a type that is in neither list fails the test: put it where it belongs.
const std::set<std::string> kChecked{"TIME",  "RATE",         "SIZE",         "N",   "SHARE|RATE",
                                     "SHARE", "NUMBER|learn", "ADDRESS:PORT", "UNIT"};
const std::set<std::string> kTexts{"FILE",          "FILE|-", "DIR",       "GLOB", "NAME|GLOB",
                                   "NAME|PID|PATH", "TYPE",   "TYPE|GLOB", "ZONE"};
// Of the type NAME are texts, these, and all choices among a few names.
const std::set<std::string> kNames{"tx-column", "rx-column", "time-column", "allow-host"};

const std::vector<std::string> kWrong{"9223372036854775808",
                                      "18446744073709551616",
                                      "1e19",
                                      "-1",
                                      "-1s",
                                      "nan",
                                      "inf",
                                      "1e-9",
                                      "0x10",
                                      " ",
                                      " 1s",
                                      "1s ",
                                      "5 %",
                                      "1,5s",
                                      "9223372036854775807ns",
                                      "9223372036854775808ns",
                                      "18446744073709551617s",
                                      "213503982334601d",
                                      "18446744073709551615bit",
                                      "18446744073709551616bit",
                                      "18446745Tbit",
                                      "18446744073709551615B",
                                      "16777216TiB",
                                      "-1B",
                                      "-1%",
                                      "101%",
                                      "nan%",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1"};

class WrongValues : public testing::Test {
 protected:
  WrongValues() { add_commands(app_, run_); }

  void for_each_option(const std::function<void(CLI::App&, const CLI::Option&)>& use) {
    for (CLI::App* command : app_.get_subcommands({})) {
      for (const CLI::Option* option : command->get_options()) {
        if (option->get_items_expected_max() > 0 && !option->get_lnames().empty()) {
          use(*command, *option);
        }
      }
    }
  }
  // What is said of it; empty: it is accepted.
  std::string said_of(const CLI::App& command, const std::vector<std::string>& words) {
    std::vector<std::string> all{words.rbegin(), words.rend()};
    all.push_back(command.get_name());
    try {
      app_.parse(all);
    } catch (const UsageError& error) {
      return error.what();
    } catch (const CLI::RequiredError&) {
      return {};
    } catch (const CLI::RequiresError&) {
      return {};
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return {};
  }
  void expect_refused(const CLI::App& command, const CLI::Option& option, const std::string& value,
                      const std::vector<std::string>& words) {
    const std::string said = said_of(command, words);
    const bool is_named =
        said.ends_with(", got " + value) || said.ends_with(", got '" + value + "'");
    const std::string begin = "--" + option.get_lnames().front() + " must be ";
    EXPECT_TRUE(said.starts_with(begin) && is_named && !said.starts_with(begin + ","))
        << command.get_name() << " " << words.front() << " '" << value << "': " << said;
    ++refused_;
  }
  void expect_refused(const CLI::App& command, const CLI::Option& option,
                      const std::string& value) {
    const std::string name = "--" + option.get_lnames().front();
    expect_refused(command, option, value, {name, value});
    if (!value.empty()) expect_refused(command, option, value, {name + "=" + value});
  }

  CLI::App app_{"", "cgtally"};
  std::function<int()> run_;
  int refused_ = 0;
};

TEST_F(WrongValues, AreRefusedByEveryOptionThatIsNoFreeText) {
  for_each_option([&](const CLI::App& command, const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const bool is_choice = type == "NAME" && !kNames.contains(option.get_lnames().front());
    EXPECT_TRUE(kChecked.contains(type) || kTexts.contains(type) || type == "NAME")
        << command.get_name() << " " << option.get_name() << " " << type;
    if (!kChecked.contains(type) && !is_choice) return;
    for (const std::string& value : kWrong) expect_refused(command, option, value);
  });
  EXPECT_GT(refused_, 1000);
}

TEST_F(WrongValues, AreEmptyTextsForEveryOption) {
  for_each_option([&](const CLI::App& command, const CLI::Option& option) {
    expect_refused(command, option, "");
  });
  EXPECT_GT(refused_, 100);
}

}  // namespace
}  // namespace cgtally::cli
