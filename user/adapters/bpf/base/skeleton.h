// SPDX-License-Identifier: Apache-2.0
// Owner of one skeleton that bpftool generated: destroyed exactly once, programs and maps with it.
#pragma once

#include <memory>

namespace cgtally::bpf {

template <typename T>
struct DestroySkeleton {
  void operator()(T* skeleton) const { T::destroy(skeleton); }
};

template <typename T>
using Skeleton = std::unique_ptr<T, DestroySkeleton<T>>;

}  // namespace cgtally::bpf
