// SPDX-License-Identifier: Apache-2.0
// What a directory contains, and that one that cannot be read is no exception.
#include "adapters/sys/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace cgtally::sys {
namespace {

TEST(EntriesOfADirectory, AreItsPathsInNoOrder) {
  const std::string directory = testing::TempDir() + "cgt-entries-of";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory + "/inside");
  std::ofstream(directory + "/file") << "x";
  auto entries = entries_of(directory);
  std::ranges::sort(entries);
  EXPECT_EQ(entries,
            (std::vector<std::filesystem::path>{directory + "/file", directory + "/inside"}));
  std::filesystem::remove_all(directory);
}

TEST(EntriesOfADirectory, OfOneThatCannotBeReadAreNoneAndAnErrorCode) {
  std::error_code failed;
  EXPECT_TRUE(entries_of("/nowhere", failed).empty());
  EXPECT_EQ(failed, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(entries_of("/proc/self/status", failed).empty());
  EXPECT_EQ(failed, std::errc::not_a_directory);
}

}  // namespace
}  // namespace cgtally::sys
