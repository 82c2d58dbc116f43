// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/state_file.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>

#include "adapters/files/new_file.h"
#include "adapters/files/safe_file.h"
#include "adapters/sys/error.h"

namespace cgtally::files {
namespace {

constexpr std::size_t kMost = 64 << 20;  // our files are smaller

Error with_hint(Error error) {
  if (error.hint.empty()) error.hint = "choose another directory: --state-dir DIR";
  return error;
}

}  // namespace

Result<std::optional<std::string>> StateFile::read() const {
  auto text = read_own(path_, kMost);
  if (!text) return std::unexpected(with_hint(std::move(text).error()));
  return text;
}

Result<void> StateFile::write(std::string_view text) const {
  auto place = find_place(path_, Missing::is_made);
  if (!place) return std::unexpected(with_hint(std::move(place).error()));
  remove_unfinished(*place);
  auto file = NewFile::at(*std::move(place));
  if (!file) return std::unexpected(with_hint(std::move(file).error()));
  auto written = file->write(text);
  if (written) written = file->put();
  if (!written) return std::unexpected(with_hint(std::move(written).error()));
  return {};
}

Result<std::string> StateFile::set_aside() const {
  const auto place = find_place(path_);
  if (!place) return std::unexpected(with_hint(place.error()));
  const std::string aside = place->name + ".corrupt";
  const int directory = place->directory.get();
  if (::renameat(directory, place->name.c_str(), directory, aside.c_str()) != 0) {
    return std::unexpected(with_hint(sys::error_from(errno, "set aside " + path_)));
  }
  return path_ + ".corrupt";
}

}  // namespace cgtally::files
