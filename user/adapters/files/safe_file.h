// SPDX-License-Identifier: Apache-2.0
// Opens files in places that others may have prepared: a link, a pipe or a file that somebody else
// planted there is an Error, and no open waits. What the user made or handed over goes on: a pipe
// of theirs, /dev/stdout, the pipe of >(gzip).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "adapters/files/place.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::files {

inline constexpr mode_t kFileMode = 0640;  // what is counted is not for everybody

// For rows that are appended, by FileSink: a regular file, made if it is missing and also open for
// reading, or a pipe or a device, which is then non-blocking. The Error of the kernel has no hint.
[[nodiscard]] Result<sys::Fd> open_to_append(const std::string& path);

// The text of a regular file of ours, such as the saved credits; std::nullopt: there is none.
// EFBIG: it has more than `most` bytes.
[[nodiscard]] Result<std::optional<std::string>> read_own(const std::string& path,
                                                          std::size_t most);
// The first bytes of a file in the directory of `place`, at most `most`; none of one not ours.
[[nodiscard]] std::string begin_of_own(const Place& place, const std::string& name,
                                       std::size_t most);

// True: no other writer has the file, and until `fd` is closed none will get it. A reader who locks
// the file prevents only the second half of that.
[[nodiscard]] bool lock_out_writers(int fd);

}  // namespace cgtally::files
