// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/pin.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "adapters/sys/error.h"

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

}  // namespace cgtally::bpf
