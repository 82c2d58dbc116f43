// SPDX-License-Identifier: Apache-2.0
// The processes of each network namespace, and their cgroups, read from /proc in small steps and
// again and again at little cost: a process that is known is not asked again in each pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/units.h"

namespace cgtally::netns {

// EndpointWatcher has one and looks for the owners of namespaces in it. Looks at the namespaces and
// cgroups of the processes' main threads. Opens no namespace and enters none.
class ProcessCensus {
 public:
  static constexpr std::size_t kMostProcesses = 65'536;  // of more, the rest is not looked at

  explicit ProcessCensus(const std::string& host_root);
  ~ProcessCensus();
  ProcessCensus(const ProcessCensus&) = delete;
  ProcessCensus& operator=(const ProcessCensus&) = delete;

  // Begins a pass: over the processes that have come since the last one or shortly before, or over
  // all. The cgroups of processes in `uninteresting` namespaces (inodes) are not read.
  void begin(bool all, Nanoseconds now, std::set<std::uint64_t> uninteresting);
  // Goes on with it, for about `most` processes; true if the pass has ended, or none has begun.
  bool step(std::size_t most);
  [[nodiscard]] bool is_under_way() const { return directory_ != nullptr; }

  struct Namespace {
    std::string path;                  // /proc/PID/ns/net of one of its processes
    std::vector<std::string> cgroups;  // as /proc has them, without repetitions
    std::vector<int> pids;             // of each of the cgroups the lowest: most likely its init
  };
  // By inode, without the uninteresting ones; as of the last pass that has ended.
  using Namespaces = std::map<std::uint64_t, Namespace>;
  [[nodiscard]] Namespaces namespaces() const;
  // Of these only those whose processes or cgroups have changed in the last pass; without a path
  // and cgroups where the last process has gone.
  [[nodiscard]] Namespaces changed_namespaces() const;
  [[nodiscard]] std::size_t size() const { return processes_.size(); }
  // "/proc/PID", where the census looks.
  [[nodiscard]] std::string directory_of(int pid) const;
  // False: permission was missing for some process, or there are too many of them.
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  struct Process {
    std::uint64_t netns = 0;  // 0: it cannot be seen
    std::string cgroup;
    std::uint64_t pass = 0;
    Nanoseconds first_seen{};
  };

  void look_at(int pid);
  void end();
  void add(int pid, const Process& process, Namespaces& found) const;

  std::string proc_;
  std::unordered_map<int, Process> processes_;
  std::set<std::uint64_t> uninteresting_;
  std::set<std::uint64_t> changed_;  // in the pass
  std::uint64_t pass_ = 0;
  Nanoseconds now_{};
  bool all_ = false;
  bool whole_ = true;
  bool whole_so_far_ = true;
  void* directory_ = nullptr;  // DIR*
};

}  // namespace cgtally::netns
