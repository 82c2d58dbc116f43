// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/pin.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "adapters/sys/directory.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {

Result<void> replace_pin(int fd, const std::string& path) {
  const std::string unfinished = path + kUnfinishedPin;
  if (::unlink(unfinished.c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(sys::error_from(errno, "remove the pin " + unfinished));
  }
  if (const int code = bpf_obj_pin(fd, unfinished.c_str()); code < 0) {
    return std::unexpected(sys::error_from(-code, "pin " + path,
                                           "is a bpffs mounted there? mount -t bpf -o "
                                           "mode=0700 bpf /sys/fs/bpf"));
  }
  if (std::rename(unfinished.c_str(), path.c_str()) == 0) return {};
  const int code = errno;
  ::unlink(unfinished.c_str());
  return std::unexpected(sys::error_from(code, "pin " + path));
}

Result<void> pin_all_again(const std::string& from, const std::string& to) {
  std::error_code failed;
  for (const auto& entry : sys::entries_of(from, failed)) {
    const std::string target = fmt::format("{}/{}", to, entry.filename().string());
    const sys::Fd object(bpf_obj_get(entry.c_str()));
    if (!object || bpf_obj_pin(object.get(), target.c_str()) != 0) {
      return std::unexpected(sys::error_from(errno, "pin again at " + target));
    }
  }
  if (failed) return std::unexpected(sys::error_from(failed.value(), "read " + from));
  return {};
}

}  // namespace cgtally::bpf
