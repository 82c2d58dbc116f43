// SPDX-License-Identifier: Apache-2.0
#include "bench/lines.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::bench {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::uint32_t kWarmUp = 200;
constexpr int kTries = 5;  // what is remembered for a jiffy may be forgotten in between

using Bytes = std::vector<std::uint8_t>;
using Line = std::pair<std::string, Bytes>;  // the map, and the line's index in it or a hash's key

std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }

Line line_at(const std::string& map, std::size_t index) {
  Bytes key(sizeof(index));
  std::memcpy(key.data(), &index, sizeof(index));
  return {map, key};
}

struct Unmap {
  std::size_t size = 0;
  void operator()(const std::uint8_t* mapped) const {
    munmap(const_cast<std::uint8_t*>(mapped), size);
  }
};

// An array that can be mapped, beside a copy of what it held. Its values lie one after the other,
// from a page on.
class WatchedArray {
 public:
  static Result<WatchedArray> map(const std::string& name, int fd) {
    WatchedArray watched;
    watched.name_ = name;
    bpf_map_info info{};
    std::uint32_t info_size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &info_size) != 0)
      return std::unexpected(sys::error_from(errno, "ask for the shape of " + name));
    watched.copy_.resize(padded(info.value_size) * info.max_entries);
    void* mapped = mmap(nullptr, watched.copy_.size(), PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (mapped == MAP_FAILED)
      return std::unexpected(sys::error_from(errno, "map " + watched.name_));
    watched.mapped_ = {static_cast<const std::uint8_t*>(mapped), Unmap{watched.copy_.size()}};
    return watched;
  }

  void remember() { std::memcpy(copy_.data(), mapped_.get(), copy_.size()); }

  void add_changed(std::set<Line>& lines) const {
    for (std::size_t begin = 0; begin < copy_.size(); begin += kLine) {
      const std::size_t size = std::min(kLine, copy_.size() - begin);
      if (std::memcmp(&copy_[begin], mapped_.get() + begin, size) != 0) {
        lines.insert(line_at(name_, begin / kLine));
      }
    }
  }

 private:
  WatchedArray() = default;

  std::string name_;
  Bytes copy_;
  std::unique_ptr<const std::uint8_t, Unmap> mapped_;
};

std::map<Bytes, Bytes> read_hash(const bpf_map* map) {
  std::map<Bytes, Bytes> entries;
  const int fd = bpf_map__fd(map);
  Bytes key(bpf_map__key_size(map));
  Bytes next(key.size());
  Bytes value(padded(bpf_map__value_size(map)));
  const void* from = nullptr;
  while (bpf_map_get_next_key(fd, from, next.data()) == 0) {
    key = next;
    from = key.data();
    if (bpf_map_lookup_elem(fd, key.data(), value.data()) == 0) entries[key] = value;
  }
  return entries;
}

// Of a map that has one for each interface, that of lo: all packets here are its.
sys::Fd of_lo(const bpf_map* map) {
  const std::uint32_t lo = 1;
  std::uint32_t id = 0;
  if (bpf_map_lookup_elem(bpf_map__fd(map), &lo, &id) != 0) return {};
  return sys::Fd(bpf_map_get_fd_by_id(id));
}

// The ledger's maps. The benchmark's own, and global variables, are not of production.
class WatchedMaps {
 public:
  static Result<WatchedMaps> open(const bpf_object* object) {
    WatchedMaps watched;
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
      if (!std::string(bpf_map__name(map)).starts_with("cgt_")) continue;
      const bpf_map_type type = bpf_map__type(map);
      if (type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH) watched.hashes_[map] = {};
      const bool of_interfaces = type == BPF_MAP_TYPE_ARRAY_OF_MAPS;
      const bool mapped =
          type == BPF_MAP_TYPE_ARRAY && (bpf_map__map_flags(map) & BPF_F_MMAPABLE) != 0;
      if (!mapped && !of_interfaces) continue;
      const sys::Fd inner = of_interfaces ? of_lo(map) : sys::Fd();
      auto array = WatchedArray::map(bpf_map__name(map), inner ? inner.get() : bpf_map__fd(map));
      if (!array) return std::unexpected(std::move(array).error());
      watched.arrays_.push_back(*std::move(array));
    }
    return watched;
  }

  void remember() {
    for (auto& [map, entries] : hashes_) entries = read_hash(map);
    for (WatchedArray& array : arrays_) array.remember();
  }

  [[nodiscard]] std::set<Line> changed() const {
    std::set<Line> lines;
    for (const WatchedArray& array : arrays_) array.add_changed(lines);
    for (const auto& [map, before] : hashes_) {
      const std::map<Bytes, Bytes> after = read_hash(map);
      for (const auto& [key, value] : after) {
        const auto found = before.find(key);
        if (found == before.end() || found->second != value)
          lines.insert({bpf_map__name(map), key});
      }
      for (const auto& [key, value] : before) {
        if (!after.contains(key)) lines.insert({bpf_map__name(map), key});
      }
    }
    return lines;
  }

 private:
  std::vector<WatchedArray> arrays_;
  std::map<const bpf_map*, std::map<Bytes, Bytes>> hashes_;
};

Result<void> move_to(std::size_t cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) {
    return std::unexpected(sys::error_from(errno, "run on CPU " + std::to_string(cpu)));
  }
  return {};
}

std::vector<std::size_t> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof(set), &set);
  std::vector<std::size_t> cpus;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace

Result<LinesWritten> count_lines(Runner& runner, const bpf_program* program, const Frame& frame) {
  static const std::vector<std::size_t> cpus = usable_cpus();  // before the first move
  auto maps = WatchedMaps::open(runner.object());
  if (!maps) return std::unexpected(std::move(maps).error());
  LinesWritten result{.cpus = cpus.size()};
  std::set<Line> of_any;
  std::set<Line> of_two;
  for (const std::size_t cpu : cpus) {
    if (auto moved = move_to(cpu); !moved) return std::unexpected(std::move(moved).error());
    std::set<Line> of_this;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    for (int attempt = 0; attempt < kTries; ++attempt) {
      maps->remember();  // the first of a pair brings the copy into the caches
      auto warm = runner.run(program, frame, kWarmUp);
      maps->remember();
      auto ran = warm ? runner.run(program, frame, 1) : std::move(warm);
      if (!ran) return std::unexpected(std::move(ran).error());
      const std::set<Line> lines = maps->changed();
      fewest = std::min(fewest, lines.size());
      of_this.insert(lines.begin(), lines.end());
    }
    for (const Line& line : of_this) {
      if (!of_any.insert(line).second) of_two.insert(line);
    }
    result.written = std::max(result.written, fewest);
  }
  result.shared = of_two.size();
  return result;
}

}  // namespace cgtally::bench
