// SPDX-License-Identifier: Apache-2.0
// A file that is whole or absent, whatever kills the process: it is written under a name that
// nobody can guess, in the directory where it will be, flushed, and moved into place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/files/place.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::files {

// One file being written, by StateFile, DumpDirectory, NewCsv and write_file(). Without put() there
// is none. Moving into place follows no link and opens nothing.
class NewFile {
 public:
  static Result<NewFile> at(Place place);
  // Also removes what killed runs have left there. std::nullopt: a pipe, a device or the like
  // stands at `path`, which is to be written to as it is: open_to_append().
  static Result<std::optional<NewFile>> instead_of(const std::string& path);
  NewFile(NewFile&& other) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] int fd() const { return fd_.get(); }
  Result<void> write(std::string_view text);
  // Takes the place of what is there. A regular file of ours hands its mode and group on.
  Result<void> put();
  // As `name`, in the same directory. False: there is something of that name.
  Result<bool> put_if_free(const std::string& name);

 private:
  NewFile(Place place, sys::Fd fd, std::string name)
      : place_(std::move(place)), fd_(std::move(fd)), name_(std::move(name)) {}
  Result<void> finish();
  void take_mode_of_predecessor() const;

  Place place_;
  sys::Fd fd_;
  std::string name_;  // empty: it is in its place
};

// In the directory of `place`: of files of ours that nobody writes any more.
void remove_unfinished(const Place& place);

}  // namespace cgtally::files
