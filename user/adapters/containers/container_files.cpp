// SPDX-License-Identifier: Apache-2.0
// Where each runtime keeps what it knows of a container. A file names a container only if it says
// that the container's cgroup is the one that is asked for.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "adapters/containers/container_names.h"
#include "adapters/containers/host_files.h"
#include "core/base/json_reader.h"
#include "core/base/text.h"

namespace cgtally::containers {
namespace {

using ReadName = std::function<std::optional<ContainerName>(std::string_view)>;

// The one name that `read` makes of a file's name in the directory; nothing if they differ.
ContainerName only_name_in(HostFiles& files, const std::string& path, const ReadName& read) {
  std::optional<ContainerName> only;
  bool differ = false;
  const bool all = files.for_each_name(path, [&](std::string_view entry) {
    const auto name = read(entry);
    differ = differ || (only && name && *name != *only);
    if (name) only = name;
  });
  if (differ) files.refuse(path, "has two names for one container or pod");
  return all && !differ && only ? *only : ContainerName{};
}

// The text of the first string at `key`, at the top of a JSON object; empty if there is none.
std::string top_string(const std::string& json, std::string_view key) {
  std::string found;
  const bool read = for_each_json_string(json, [&](const JsonPath& path, const std::string& value) {
    if (path.size() == 1 && path[0] == key) found = value;
  });
  return read ? found : std::string();
}

// "cgroupRoot: /podruntime" in kubelet's configuration, which is YAML or JSON; both have one key a
// line there.
std::string cgroup_root_in(std::string_view yaml) {
  constexpr std::string_view kKey = "cgroupRoot:";
  for (std::size_t at = 0; at < yaml.size();) {
    const std::size_t end = std::min(yaml.find('\n', at), yaml.size());
    std::string_view line = yaml.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    constexpr std::string_view kAround = " \t\r\"'";
    const std::size_t first = line.find_first_not_of(kAround);
    if (first == std::string_view::npos) return {};
    return std::string(line.substr(first, line.find_last_not_of(kAround) + 1 - first));
  }
  return {};
}

// Of containerd itself, and of those that k3s, k0s and MicroK8s bring along.
constexpr std::array kContainerdStates{"/run/containerd", "/run/k3s/containerd",
                                       "/run/k0s/containerd",
                                       "/var/snap/microk8s/common/run/containerd"};

// One search for one container's name. Uses HostFiles, remembers nothing.
class ContainerFiles {
 public:
  ContainerFiles(const std::string& host_root, const CgroupIdentity& identity)
      : files_(host_root), identity_(identity), id_(identity.container_id) {}

  [[nodiscard]] const std::string& refused() const { return files_.refused(); }

  [[nodiscard]] ContainerName find() {
    switch (identity_.runtime) {
      case ContainerRuntime::task:
        return of_task();
      case ContainerRuntime::podman:
        return of_podman();
      case ContainerRuntime::docker:
        return or_logs(of_docker());
      case ContainerRuntime::containerd:
      case ContainerRuntime::crio:
        return or_logs(of_bundles());
      default:
        break;
    }
    ContainerName name = id_.empty() ? ContainerName{} : of_bundles();
    if (name.empty() && !id_.empty()) name = of_docker();
    return or_logs(std::move(name));
  }

 private:
  // The directories of the store that podman and CRI-O share, one for each of its drivers.
  static std::vector<std::string> stores() {
    std::vector<std::string> paths;
    for (const char* above : {"/var/lib", "/run"}) {
      for (const char* driver : {"overlay", "vfs", "btrfs"}) {
        paths.push_back(fmt::format("{}/containers/storage/{}-containers", above, driver));
      }
    }
    return paths;
  }
  // A bundle says which cgroup is its container's, so that no other one takes its name.
  [[nodiscard]] std::optional<ContainerName> of_bundle(const std::string& path, BundleMaker maker) {
    const auto text = files_.content_of(path);
    if (!text) return std::nullopt;
    auto bundle = read_bundle(*text, maker);
    if (!bundle) {
      files_.refuse(path, "is not JSON");
      return std::nullopt;
    }
    if (!is_bundle_of_cgroup(bundle->cgroups_path, identity_.cgroup)) {
      files_.refuse(path,
                    fmt::format("is of another cgroup than {}", escape_name(identity_.cgroup)));
      return std::nullopt;
    }
    return std::move(bundle->name);
  }
  [[nodiscard]] ContainerName of_bundles() {
    constexpr std::string_view kTasks = "io.containerd.runtime.v2.task/k8s.io";
    for (const char* state : kContainerdStates) {
      auto name = of_bundle(fmt::format("{}/{}/{}/config.json", state, kTasks, id_),
                            BundleMaker::containerd);
      if (name && !name->empty()) return *std::move(name);
    }
    for (const std::string& store : stores()) {
      auto name =
          of_bundle(fmt::format("{}/{}/userdata/config.json", store, id_), BundleMaker::crio);
      if (name && !name->empty()) return *std::move(name);
    }
    return {};
  }
  // Labels come with an image, too, so that docker's own files must say where the container is.
  [[nodiscard]] ContainerName of_docker() {
    const std::string directory = fmt::format("/var/lib/docker/containers/{}", id_);
    const std::string config = directory + "/config.v2.json";
    const auto text = files_.content_of(config);
    if (!text) return {};
    std::string parent =
        top_string(files_.content_of(directory + "/hostconfig.json").value_or(""), "CgroupParent");
    if (parent.empty()) {
      parent =
          top_string(files_.content_of("/etc/docker/daemon.json").value_or(""), "cgroup-parent");
    }
    const auto name = read_docker_config(*text, id_, identity_.pod_uid);
    if (!name) {
      files_.refuse(config, "is not JSON, or of another container");
    } else if (!is_docker_cgroup(parent, identity_.cgroup)) {
      files_.refuse(config,
                    fmt::format("is of another cgroup than {}", escape_name(identity_.cgroup)));
    } else {
      return *name;
    }
    return {};
  }
  [[nodiscard]] ContainerName of_podman() {
    for (const std::string& where : stores()) {
      const std::string bundle = fmt::format("{}/{}/userdata/config.json", where, id_);
      if (!of_bundle(bundle, BundleMaker::podman)) continue;
      for (const char* list : {"containers.json", "volatile-containers.json"}) {
        const auto text = files_.content_of(fmt::format("{}/{}", where, list));
        const auto name = text ? read_container_store(*text, id_) : std::nullopt;
        if (name && !name->empty()) return *name;
      }
    }
    return {};
  }
  // The path alone proves nothing here: any two directories look like it.
  [[nodiscard]] ContainerName of_task() {
    const bool known =
        of_bundle(fmt::format("/run/containerd/io.containerd.runtime.v2.task/{}/{}/config.json",
                              identity_.task_namespace, id_),
                  BundleMaker::containerd)
            .has_value();
    return {.container = known ? checked_container_name(id_) : "", .pod = "", .k8s_namespace = ""};
  }
  // Logs do not say which cgroup is the container's.
  [[nodiscard]] bool kubelet_is_here() {
    return identity_.kubelet_root.empty() ||
           cgroup_root_in(files_.content_of("/var/lib/kubelet/config.yaml").value_or("")) ==
               identity_.kubelet_root;
  }
  [[nodiscard]] ContainerName or_logs(ContainerName name) {
    if (!name.empty() || identity_.pod_uid.empty() || !kubelet_is_here()) return name;
    if (!id_.empty()) {
      name = only_name_in(files_, "/var/log/containers",
                          [this](std::string_view file) { return read_log_name(file, id_); });
    }
    if (!name.empty()) return name;
    return only_name_in(files_, "/var/log/pods", [this](std::string_view directory) {
      return read_pod_directory(directory, identity_.pod_uid);
    });
  }

  HostFiles files_;
  const CgroupIdentity& identity_;
  const std::string& id_;
};

}  // namespace

FoundName find_container_name(const std::string& host_root, const CgroupIdentity& identity) {
  ContainerFiles files(host_root, identity);
  FoundName found{.name = files.find(), .refused = {}};
  if (found.name.empty()) found.refused = files.refused();
  return found;
}

}  // namespace cgtally::containers
