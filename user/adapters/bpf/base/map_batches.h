// SPDX-License-Identifier: Apache-2.0
// Lists a hash map in batches, bucket by bucket: entries that come and go meanwhile
// neither end the walk nor restart it, as they do with bpf_map_get_next_key.
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sys/error.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// Calls `take` with the keys (ids of cgroups, most often) and values of each batch. `what` names
// the act in an Error.
template <typename Value, typename Key = std::uint64_t, typename Take>
Result<void> for_each_batch(int map_fd, const std::string& what, const Take& take) {
  std::vector<Key> keys(1024);
  std::vector<Value> values(keys.size());
  std::uint32_t position = 0;  // opaque: the kernel's bucket number
  bool first = true;
  bpf_map_batch_opts options{};
  options.sz = sizeof(options);
  while (true) {
    auto count = static_cast<std::uint32_t>(keys.size());
    std::uint32_t next = 0;
    const int code = bpf_map_lookup_batch(map_fd, first ? nullptr : &position, &next, keys.data(),
                                          values.data(), &count, &options);
    if (code == -ENOSPC) {  // the bucket does not fit: try it again with more room
      keys.resize(keys.size() * 2);
      values.resize(keys.size());
      continue;
    }
    if (code < 0 && code != -ENOENT) return std::unexpected(sys::error_from(-code, what));
    take(std::span(std::as_const(keys)).first(count),
         std::span(std::as_const(values)).first(count));
    if (code == -ENOENT) return {};
    position = next;
    first = false;
  }
}

}  // namespace cgtally::bpf
