// SPDX-License-Identifier: Apache-2.0
// A unique pointer to a skeleton that bpftool generated. Destroying it closes its programs and
// maps.
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
