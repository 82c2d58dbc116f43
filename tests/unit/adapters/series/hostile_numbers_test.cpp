// SPDX-License-Identifier: Apache-2.0
// Numbers in the files of other monitors that no monitor writes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "adapters/series/read.h"

namespace cgtally::series {
namespace {

std::string error_of(const std::string& content) {
  const std::string path = testing::TempDir() + "hostile-" + std::to_string(::getpid()) + ".json";
  std::ofstream(path) << content;
  auto input = text::Input::open(path);
  EXPECT_TRUE(input);
  const auto read = input ? read_series(*input, {}) : std::vector<Series>{};
  std::filesystem::remove(path);
  return read ? "" : read.error().what;
}

std::string vnstat_of_year(const std::string& year) {
  return R"({"vnstatversion":"2.10","interfaces":[{"name":"eth0","traffic":{"hour":[{"date":{"year":)" +
         year + R"(,"month":11,"day":27},"time":{"hour":3,"minute":0},"rx":3,"tx":2}]}}]})";
}

TEST(HostileNumbers, AYearThatIsNoneIsAnErrorAndNotAnotherYear) {
  EXPECT_EQ(error_of(vnstat_of_year("2026")), "");
  for (const char* const year : {"1e300", "-1e300", "4294969322", "-1"}) {
    EXPECT_NE(error_of(vnstat_of_year(year)), "") << year;
  }
}

}  // namespace
}  // namespace cgtally::series
