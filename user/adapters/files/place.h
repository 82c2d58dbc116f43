// SPDX-License-Identifier: Apache-2.0
// Finds the directory and the name that a path leads to, for a file that will be written or
// believed. Root follows no link that somebody else made, whatever fs.protected_symlinks says.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::files {

// A name in a directory that is held open, so that nobody can exchange the directory meanwhile.
// Used by the functions of safe_file.h and new_file.h. Does not say whether such a file exists.
struct Place {
  sys::Fd directory;  // opened with O_PATH
  std::string name;
  std::string path;      // for messages
  bool safe = false;     // only root and this process's user can put something there
  bool kernels = false;  // in /proc, such as /proc/self/fd/1: the kernel put it there
};

enum class Missing : bool { is_an_error, is_made };  // directories: mode 0750

// Follows links that root or this process's user made. The Error of any other link says what to do.
[[nodiscard]] Result<Place> find_place(const std::string& path,
                                       Missing directories = Missing::is_an_error);

// The same for the directory at `path` itself; `name` is ".".
[[nodiscard]] Result<Place> find_directory(const std::string& path,
                                           Missing directories = Missing::is_an_error);

// All that is in the directory, in no order.
[[nodiscard]] Result<std::vector<std::string>> names_in(const Place& place);

// `status` is of what stands at `place`. An Error: somebody else put it there.
[[nodiscard]] Result<void> check_owner(const Place& place, const struct stat& status);

// Gives a new file to the group of the user who called sudo, so that they may read what they asked
// for.
void hand_to_caller(int fd);

}  // namespace cgtally::files
