// SPDX-License-Identifier: Apache-2.0
#include "adapters/text/output.h"

#include "adapters/files/new_file.h"
#include "adapters/files/safe_file.h"
#include "adapters/sys/error.h"
#include "adapters/sys/write.h"

namespace cgtally::text {
namespace {

Error with_hint(Error error) {
  if (error.hint.empty()) {
    error.hint = "choose a file that may be written, in a directory that is there";
  }
  return error;
}

Result<void> write_in_place(const std::string& path, std::string_view text) {
  const auto file = files::open_to_append(path);
  if (!file) return std::unexpected(file.error());
  const int code = sys::write_all(file->get(), text);
  if (code != 0) return std::unexpected(sys::error_from(code, "write " + path));
  return {};
}

Result<void> write_whole(const std::string& path, std::string_view text) {
  auto file = files::NewFile::instead_of(path);
  if (!file) return std::unexpected(std::move(file).error());
  if (!*file) return write_in_place(path, text);
  if (auto written = (*file)->write(text); !written) return written;
  return (*file)->put();
}

}  // namespace

Result<void> write_file(const std::string& path, std::string_view text) {
  auto written = write_whole(path, text);
  if (!written) return std::unexpected(with_hint(std::move(written).error()));
  return {};
}

}  // namespace cgtally::text
