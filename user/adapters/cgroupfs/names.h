// SPDX-License-Identifier: Apache-2.0
// Which path a cgroup id has, or had: a cgroup that is gone keeps its name for its last rows.
// Memory is bounded: of the dead, the 65 536 that died or were asked for last are remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/traffic/account.h"

namespace cgtally::cgroupfs {

class Names {
 public:
  static constexpr std::size_t kMaxDead = 65'536;

  Names();
  Names(Names&&) = default;  // no copies: an entry knows its place in the list
  Names& operator=(Names&&) = default;

  // Walks the tree at `mount`. What vanishes meanwhile is skipped. Names that were held as alive
  // and are not there any more count as removed, so that a second walk makes lost events good.
  // Subscribe to events before the first walk, and feed them after it.
  void seed(const std::string& mount);
  void made(std::uint64_t id, std::string path);
  void removed(std::uint64_t id);
  // From somebody who was there before us. What is known already is not changed, except that the
  // dead stay dead.
  void learn(std::uint64_t id, std::string path, bool ended);

  // "#<id>" where the name is not known.
  [[nodiscard]] AccountName name_of(std::uint64_t id) const;
  // None where it is not known: to build the names of others upon it.
  [[nodiscard]] std::optional<std::string> path_of(std::uint64_t id) const;
  // Every living one but the root: its id, its parent's and its last component.
  using Child =
      std::function<void(std::uint64_t id, std::uint64_t parent, const std::string& name)>;
  void for_each_child(const Child& tell) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using Dead = std::list<std::uint64_t>;  // least recently wanted first
  struct Entry {
    std::string path;
    bool ended = false;
    Dead::iterator place{};  // in dead_, if ended
    std::uint64_t seen = 0;  // the walk that saw it last
  };

  bool walk(int root);
  void see(std::uint64_t id, std::string path);
  void bury(std::uint64_t id, Entry& entry);

  std::unordered_map<std::uint64_t, Entry> entries_;
  mutable Dead dead_;
  std::uint64_t walks_ = 0;
};

}  // namespace cgtally::cgroupfs
