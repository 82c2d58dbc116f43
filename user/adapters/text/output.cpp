// SPDX-License-Identifier: Apache-2.0
#include "adapters/text/output.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/write.h"

namespace cgtally::text {
namespace {

Error failed_to(const std::string& doing, const std::string& path, int code) {
  return sys::error_from(code, fmt::format("{} {}", doing, path),
                         "choose a file that may be written, in a directory that is there");
}

}  // namespace

Result<void> write_file(const std::string& path, std::string_view text) {
  struct stat status{};
  const bool there = ::stat(path.c_str(), &status) == 0;
  const bool in_place = there && !S_ISREG(status.st_mode);
  const std::string target = in_place ? path : path + ".part";
  const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | (in_place ? 0 : O_CREAT | O_TRUNC);
  constexpr mode_t kMode = 0644;
  const sys::Fd file(::open(target.c_str(), flags, kMode));
  if (!file) return std::unexpected(failed_to("open", target, errno));
  int code = sys::write_all(file.get(), text);
  if (code == 0 && !in_place && std::rename(target.c_str(), path.c_str()) != 0) code = errno;
  if (code == 0) return {};
  if (!in_place) ::unlink(target.c_str());
  return std::unexpected(failed_to("write", path, code));
}

}  // namespace cgtally::text
