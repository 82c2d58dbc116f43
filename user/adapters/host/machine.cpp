// SPDX-License-Identifier: Apache-2.0
#include "adapters/host/machine.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <array>
#include <fstream>
#include <sstream>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/cgroupfs/mount.h"
#include "adapters/sys/host.h"
#include "core/base/text.h"

namespace cgtally::host {
namespace {

// Of the settings that can change what is counted, what it costs, or what is permitted.
constexpr std::array<const char*, 8> kSettings{
    "kernel/unprivileged_bpf_disabled", "net/core/bpf_jit_enable",     "net/core/bpf_jit_harden",
    "net/core/default_qdisc",           "net/core/netdev_max_backlog", "net/core/gro_normal_batch",
    "kernel/bpf_stats_enabled",         "kernel/perf_event_paranoid",
};

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string whole(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string settings() {
  std::string text;
  for (const char* key : kSettings) {
    const std::string value = first_line_of(fmt::format("/proc/sys/{}", key));
    if (value.empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, printable(value));
  }
  return text;
}

std::string preemption(std::string_view version) {
  for (const char* name : {"PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT"}) {
    if (version.find(name) != std::string_view::npos) return name;
  }
  return "no PREEMPT";
}

std::string cgroup_layout() {
  const auto mount = cgroupfs::cgroup2_mount("");
  if (!mount) return "no cgroup2";
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup ") != std::string::npos) return "hybrid (cgroup v1 beside cgroup2)";
  }
  return "cgroup2";
}

const char* yes_or_no(bool truth) { return truth ? "yes" : "no"; }

}  // namespace

std::string pretty_name_in(const std::string& os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  std::istringstream lines(os_release);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kKey)) continue;
    std::string value = line.substr(kKey.size());
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> machine_lines() {
  std::vector<std::pair<std::string, std::string>> lines;
  utsname names{};
  if (::uname(&names) == 0) {
    lines.emplace_back("kernel", fmt::format("{} {}", names.release, names.machine));
    lines.emplace_back("built as", names.version);
    lines.emplace_back("preemption", preemption(names.version));
  }
  const std::string distribution = pretty_name_in(whole("/etc/os-release"));
  lines.emplace_back("distribution",
                     distribution.empty() ? "no /etc/os-release" : printable(distribution));
  const auto ids = sys::cpu_ids();
  lines.emplace_back("cpus", fmt::format("{} online, {} possible", sys::online_cpus(),
                                         ids ? std::to_string(*ids) : "?"));
  const bpf::KernelFacts kernel = bpf::probe_kernel();
  lines.emplace_back("btf", yes_or_no(kernel.btf));
  lines.emplace_back("tcx", yes_or_no(kernel.tcx));
  lines.emplace_back(
      "programs", fmt::format("{}, {}, {}", kernel.rdonly_cast ? "rdonly_cast" : "probe reads",
                              kernel.conntrack_lookup ? "conntrack lookup" : "no conntrack lookup",
                              kernel.preempt_rt ? "atomics" : "plain adds"));
  lines.emplace_back("cgroups", cgroup_layout());
  lines.emplace_back("settings", settings());
  return lines;
}

}  // namespace cgtally::host
