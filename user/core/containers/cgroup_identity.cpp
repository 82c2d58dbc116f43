// SPDX-License-Identifier: Apache-2.0
// The layouts, each from its maker: kubelet with the drivers systemd (kubepods-burstable-pod<uid>,
// '_' for '-') and cgroupfs (kubepods/burstable/pod<uid>; no middle level for guaranteed pods),
// at the root or where --cgroup-root says; runc and crun (<prefix>-<id>.scope); CRI-O, which keeps
// its prefix with the driver cgroupfs; docker, the ECS agent, podman (also libpod-payload-<id> in
// the unit of a service), LXC, and systemd with its escapes.
#include "core/containers/cgroup_identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace cgtally {
namespace {

constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kMostOfName = 128;

bool is_hex(char c) { return is_digit(c) || ('a' <= c && c <= 'f'); }
bool is_container_id(std::string_view text) {
  return text.size() == kIdDigits && std::ranges::all_of(text, is_hex);
}
bool is_letter(char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); }

// Of a container by CRI-O with the driver cgroupfs: "crio-<id>".
std::optional<std::string_view> crio_id(std::string_view text) {
  constexpr std::string_view kPrefix = "crio-";
  if (!text.starts_with(kPrefix) || !is_container_id(text.substr(kPrefix.size()))) {
    return std::nullopt;
  }
  return text.substr(kPrefix.size());
}

// What containerd takes as an identifier.
bool is_task_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostOfName && (is_letter(text[0]) || is_digit(text[0])) &&
         std::ranges::all_of(text, [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

std::optional<std::string_view> between(std::string_view text, std::string_view begin,
                                        std::string_view end) {
  if (text.size() < begin.size() + end.size()) return std::nullopt;
  if (!text.starts_with(begin) || !text.ends_with(end)) return std::nullopt;
  return text.substr(begin.size(), text.size() - begin.size() - end.size());
}

// The uid in "pod<uid>". That of a static pod has no '-'.
std::string pod_uid_of(std::string_view text) {
  const auto uid = between(text, "pod", "");
  if (!uid || uid->size() < 8 || uid->size() > kMostOfName) return {};
  std::string plain(*uid);
  std::ranges::replace(plain, '_', '-');
  const bool good =
      std::ranges::all_of(plain, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  return good ? plain : std::string();
}

// The uid in "kubepods-burstable-pod<uid>.slice", also of a kubelet that has a root of its own:
// "kubelet-kubepods-pod<uid>.slice".
std::string pod_uid_of_slice(std::string_view slice) {
  const auto name = between(slice, "", ".slice");
  if (!name || (!name->starts_with("kubepods-") && !name->contains("-kubepods-"))) return {};
  const std::size_t last = name->rfind("-pod");
  return last == std::string_view::npos ? std::string() : pod_uid_of(name->substr(last + 1));
}

struct ContainerScope {
  ContainerRuntime runtime;
  std::string_view id;
};

std::optional<ContainerScope> container_scope(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, ContainerRuntime>, 4> kPrefixes{
      {{"cri-containerd-", ContainerRuntime::containerd},
       {"crio-", ContainerRuntime::crio},
       {"docker-", ContainerRuntime::docker},
       {"libpod-", ContainerRuntime::podman}}};
  for (const auto& [prefix, runtime] : kPrefixes) {
    const auto id = between(name, prefix, ".scope");
    if (id && is_container_id(*id)) return ContainerScope{runtime, *id};
  }
  return std::nullopt;
}

// The inverse of what systemd makes of a name in that of a unit: "\x2d" is '-'.
std::string without_unit_escapes(std::string_view text) {
  const auto digit = [](char c) { return is_digit(c) ? c - '0' : c - 'a' + 10; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\\x") && i + 3 < text.size() && is_hex(text[i + 2]) &&
        is_hex(text[i + 3])) {
      plain += static_cast<char>(digit(text[i + 2]) * 16 + digit(text[i + 3]));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool is_unit(std::string_view name) {
  return name.ends_with(".service") || name.ends_with(".scope");
}

// One component of kubelet's --cgroup-root; not one that is, or could be, a container's.
bool is_cgroup_root_part(std::string_view name) {
  return is_task_name(name) && !is_container_id(name) && !crio_id(name) &&
         !name.starts_with("libpod") && !is_unit(name);
}

// systemd puts '_' before a name that would be one of the kernel's own files.
std::string unit_name(std::string_view component) {
  return std::string(component.starts_with('_') ? component.substr(1) : component);
}

// Reads a path from its root, one component after the other, and stops at the first owner.
class PathReader {
 public:
  explicit PathReader(std::string_view path) : path_(path) {
    while (!path.empty()) {
      path.remove_prefix(1);
      const std::size_t end = std::min(path.find('/'), path.size());
      parts_.push_back(path.substr(0, end));
      path.remove_prefix(end);
    }
  }

  CgroupIdentity read() {
    if (at(0) == "user.slice") {
      read_user();
      return std::move(found_);
    }
    while (part().ends_with(".slice")) {
      if (std::string uid = pod_uid_of_slice(part()); !uid.empty()) {
        found_.pod_uid = std::move(uid);
        own(next_ + 1);
      }
      ++next_;
    }
    if (!found_.pod_uid.empty() && read_in_pod(next_)) return std::move(found_);
    if (!read_scope() && !read_cgroupfs() && !read_machine() && !read_unit() && !read_kubepods()) {
      read_task();
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string_view at(std::size_t i) const {
    return i < parts_.size() ? parts_[i] : std::string_view();
  }
  [[nodiscard]] std::string_view part() const { return at(next_); }
  // The first `count` components are the path of the owner's own cgroup.
  void own(std::size_t count) {
    const std::string_view last = parts_[count - 1];
    found_.cgroup = path_.substr(0, static_cast<std::size_t>(last.end() - path_.begin()));
  }
  bool container(ContainerRuntime runtime, std::string_view id, std::size_t count) {
    found_.runtime = runtime;
    found_.container_id = id;
    own(count);
    return true;
  }

  bool read_scope() {
    const auto scope = container_scope(part());
    if (!scope) return false;
    found_.unit = part();
    return container(scope->runtime, scope->id, next_ + 1);
  }

  // Below the cgroup of a pod, whichever driver made that: "<id>" or "crio-<id>".
  bool read_in_pod(std::size_t i) {
    if (const auto id = crio_id(at(i))) return container(ContainerRuntime::crio, *id, i + 1);
    return is_container_id(at(i)) && container(ContainerRuntime::kubernetes, at(i), i + 1);
  }

  // "/kubepods/burstable/pod<uid>/<id>", also below kubelet's --cgroup-root. A slice above proves
  // more than another directory: only systemd makes directories in slices.
  bool read_kubepods() {
    const auto begin = parts_.begin() + static_cast<std::ptrdiff_t>(next_);
    const auto kubepods = std::find(begin, parts_.end(), "kubepods");
    auto i = static_cast<std::size_t>(kubepods - parts_.begin());
    const std::size_t depth = i - next_;
    if (at(i + 1) == "burstable" || at(i + 1) == "besteffort") ++i;
    std::string uid = pod_uid_of(at(i + 1));
    if (uid.empty() || !std::all_of(begin, kubepods, is_cgroup_root_part)) {
      return part() == "kubepods";
    }
    found_.pod_uid = std::move(uid);
    own(i + 2);
    if (depth > 1 || (depth == 1 && part() != "kubelet")) {
      const auto length = static_cast<std::size_t>(kubepods->data() - path_.data()) - 1;
      found_.kubelet_root = path_.substr(0, length);
    }
    (void)read_in_pod(i + 2);
    return true;
  }

  // "/docker/<id>", "/ecs/<task>/<id>", "/crio/crio-<id>", podman's.
  bool read_cgroupfs() {
    if (part() == "docker" && is_container_id(at(next_ + 1))) {
      return container(ContainerRuntime::docker, at(next_ + 1), next_ + 2);
    }
    if (part() == "ecs" && is_container_id(at(next_ + 2))) {
      return container(ContainerRuntime::docker, at(next_ + 2), next_ + 3);
    }
    if (const auto id = part() == "crio" ? crio_id(at(next_ + 1)) : std::nullopt) {
      return container(ContainerRuntime::crio, *id, next_ + 2);
    }
    if (part() != "libpod_parent") return false;
    // Containers of a pod lie below the pod's cgroup, which has an id of the same form.
    const std::size_t inner = is_container_id(at(next_ + 1)) ? next_ + 2 : next_ + 1;
    const auto id = between(at(inner), "libpod-", "");
    return id && is_container_id(*id) && container(ContainerRuntime::podman, *id, inner + 1);
  }

  bool read_machine() {
    const auto lxc = between(part(), "lxc.payload.", "");
    const bool nested = part() == "lxc" && !at(next_ + 1).empty();
    if (lxc || nested) {
      found_.runtime = ContainerRuntime::lxc;
      found_.machine = lxc ? *lxc : at(next_ + 1);
      own(next_ + (lxc ? 1 : 2));
      return true;
    }
    const auto scope = between(part(), "machine-", ".scope");
    if (!scope || at(0) != "machine.slice") return false;
    found_.runtime = ContainerRuntime::machine;
    found_.machine = without_unit_escapes(*scope);
    found_.unit = part();
    own(next_ + 1);
    return true;
  }

  bool read_unit() {
    if (!is_unit(part())) return false;
    found_.unit = unit_name(part());
    own(next_ + 1);
    const auto nspawn = between(part(), "systemd-nspawn@", ".service");
    if (nspawn && at(0) == "machine.slice") {
      found_.runtime = ContainerRuntime::machine;
      found_.machine = without_unit_escapes(*nspawn);
    }
    const std::string_view below = at(next_ + 1);
    // `podman run --cgroups=split`, as Quadlet does.
    const auto id = between(below, "libpod-payload-", "");
    if (id && is_container_id(*id)) container(ContainerRuntime::podman, *id, next_ + 2);
    // containerd with the driver cgroupfs below a kubelet with systemd makes one of all three.
    const std::size_t mark = below.find(":cri-containerd:");
    if (found_.unit == "containerd.service" && mark != std::string_view::npos &&
        is_container_id(below.substr(mark + 16))) {
      found_.pod_uid = pod_uid_of_slice(below.substr(0, mark));
      container(ContainerRuntime::containerd, below.substr(mark + 16), next_ + 2);
    }
    return true;
  }

  // Below his manager a user makes what cgroups he likes: the ids are his own claim.
  void read_user() {
    for (next_ = 1; next_ < parts_.size(); ++next_) {
      if (!is_unit(part())) continue;
      std::string& unit = found_.unit.empty() ? found_.unit : found_.user_unit;
      if (!unit.empty()) return;
      unit = unit_name(part());
      own(next_ + 1);
      if (!found_.unit.starts_with("user@")) return;
    }
  }

  void read_task() {
    if (next_ != 0 || parts_.size() < 2 || !is_task_name(at(0)) || !is_task_name(at(1))) return;
    found_.task_namespace = at(0);
    container(ContainerRuntime::task, at(1), 2);
  }

  std::string_view path_;
  std::vector<std::string_view> parts_;
  std::size_t next_ = 0;
  CgroupIdentity found_;
};

}  // namespace

CgroupIdentity identify_cgroup(std::string_view path) {
  if (path.size() < 2 || path.front() != '/') return {};
  return PathReader(path).read();
}

bool may_have_container_name(std::string_view path) {
  const CgroupIdentity identity = identify_cgroup(path);
  return !identity.container_id.empty() || !identity.pod_uid.empty() || !identity.machine.empty();
}

bool is_bundle_of_cgroup(std::string_view cgroups_path, std::string_view path) {
  const bool absolute = cgroups_path.starts_with('/');
  std::string wanted(cgroups_path);
  const std::size_t first = wanted.find(':');
  const std::size_t second = first == std::string::npos ? first : wanted.find(':', first + 1);
  if (second != std::string::npos && !path.contains(wanted)) {
    const std::string slice = first == 0 ? "system.slice" : wanted.substr(0, first);
    const std::string prefix = wanted.substr(first + 1, second - first - 1);
    wanted = fmt::format("{}/{}{}{}.scope", slice, prefix, prefix.empty() ? "" : "-",
                         wanted.substr(second + 1));
  }
  if (!wanted.starts_with('/')) wanted.insert(0, 1, '/');
  while (wanted.size() > 1 && wanted.ends_with('/')) wanted.pop_back();
  if (wanted.size() < 2) return false;
  const std::string whole = std::string(path) + '/';
  return absolute ? whole.starts_with(wanted + '/') : whole.contains(wanted + '/');
}

bool is_docker_cgroup(std::string_view cgroup_parent, std::string_view cgroup) {
  const std::string_view above = cgroup.substr(0, cgroup.rfind('/'));
  if (cgroup_parent.empty()) return above == "/docker" || above == "/system.slice";
  if (cgroup_parent.ends_with(".slice")) {
    return above.substr(above.rfind('/') + 1) == cgroup_parent.substr(cgroup_parent.rfind('/') + 1);
  }
  while (cgroup_parent.size() > 1 && cgroup_parent.ends_with('/')) cgroup_parent.remove_suffix(1);
  const std::string_view plain = above.starts_with('/') ? above.substr(1) : above;
  return plain == cgroup_parent.substr(cgroup_parent.starts_with('/') ? 1 : 0);
}

}  // namespace cgtally
