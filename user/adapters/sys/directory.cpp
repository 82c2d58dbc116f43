// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/directory.h"

namespace cgtally::sys {

std::vector<std::filesystem::path> entries_of(const std::string& directory,
                                              std::error_code& failed) {
  std::vector<std::filesystem::path> entries;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator at(directory, failed); !failed && at != end;
       at.increment(failed)) {
    entries.push_back(at->path());
  }
  return entries;
}

std::vector<std::filesystem::path> entries_of(const std::string& directory) {
  std::error_code ignored;
  return entries_of(directory, ignored);
}

}  // namespace cgtally::sys
