// SPDX-License-Identifier: Apache-2.0
// A set that holds the latest keys, at most `most`: when the set is full, it drops the older half.
// It is for memories that may forget, such as the Sampler's of retired accounts.
#pragma once

#include <cstddef>
#include <set>
#include <utility>

namespace cgtally {

template <typename Key>
class RecentSet {
 public:
  explicit RecentSet(std::size_t most) : half_(most / 2) {}

  void insert(const Key& key) {
    older_.erase(key);
    newer_.insert(key);
    if (newer_.size() < half_) return;
    older_ = std::move(newer_);
    newer_.clear();
  }
  void erase(const Key& key) {
    newer_.erase(key);
    older_.erase(key);
  }
  [[nodiscard]] bool contains(const Key& key) const {
    return newer_.contains(key) || older_.contains(key);
  }
  [[nodiscard]] std::size_t size() const { return newer_.size() + older_.size(); }

 private:
  std::size_t half_;
  std::set<Key> newer_;
  std::set<Key> older_;
};

}  // namespace cgtally
