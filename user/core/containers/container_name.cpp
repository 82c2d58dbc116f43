// SPDX-License-Identifier: Apache-2.0
#include "core/containers/container_name.h"

#include <fmt/core.h>

#include <map>
#include <set>

#include "core/base/json_reader.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

constexpr std::size_t kLongestName = 253;  // of a pod; those of all others are shorter
constexpr std::string_view kSandbox = "POD";

using Texts = std::map<std::string, std::string, std::less<>>;

std::string_view text_of(const Texts& texts, std::string_view key) {
  const auto found = texts.find(key);
  return found == texts.end() ? std::string_view() : std::string_view(found->second);
}

ContainerName checked(std::string_view container, std::string_view pod,
                      std::string_view k8s_namespace) {
  return {.container = checked_container_name(container),
          .pod = checked_container_name(pod),
          .k8s_namespace = checked_container_name(k8s_namespace)};
}

// What kubelet gives the runtime as labels: docker keeps them, CRI-O makes annotations of them,
// after the pod's own.
ContainerName kubernetes_name(const Texts& texts) {
  return checked(text_of(texts, "io.kubernetes.container.name"),
                 text_of(texts, "io.kubernetes.pod.name"),
                 text_of(texts, "io.kubernetes.pod.namespace"));
}

// Containerd's own annotations.
ContainerName containerd_name(const Texts& annotations) {
  const bool sandbox = text_of(annotations, "io.kubernetes.cri.container-type") == "sandbox";
  return checked(sandbox ? kSandbox : text_of(annotations, "io.kubernetes.cri.container-name"),
                 text_of(annotations, "io.kubernetes.cri.sandbox-name"),
                 text_of(annotations, "io.kubernetes.cri.sandbox-namespace"));
}

}  // namespace

std::string checked_container_name(std::string_view raw) {
  if (raw.size() > kLongestName || raw.contains('/')) return {};
  if (raw.starts_with('(') || raw.starts_with('#')) return {};  // like a reason, or a cgroup's id
  return escape_name(raw);
}

std::optional<BundleDescription> read_bundle(std::string_view config_json, BundleMaker maker) {
  Texts annotations;
  BundleDescription bundle;
  const bool read =
      for_each_json_string(config_json, [&](const JsonPath& path, const std::string& value) {
        if (path.size() != 2) return;
        if (path[0] == "annotations") annotations.emplace(path[1], value);
        if (path[0] == "linux" && path[1] == "cgroupsPath") bundle.cgroups_path = value;
      });
  if (!read) return std::nullopt;
  if (maker == BundleMaker::containerd) bundle.name = containerd_name(annotations);
  if (maker == BundleMaker::crio) bundle.name = kubernetes_name(annotations);
  return bundle;
}

std::optional<ContainerName> read_docker_config(std::string_view config_json, std::string_view id,
                                                std::string_view pod_uid) {
  Texts labels;
  std::string own_id;
  std::string own_name;
  const bool read =
      for_each_json_string(config_json, [&](const JsonPath& path, const std::string& value) {
        if (path.size() == 1 && path[0] == "ID") own_id = value;
        if (path.size() == 1 && path[0] == "Name") own_name = value;
        if (path.size() == 3 && path[0] == "Config" && path[1] == "Labels") {
          labels.emplace(path[2], value);
        }
      });
  if (!read || own_id != id) return std::nullopt;
  if (!pod_uid.empty() && text_of(labels, "io.kubernetes.pod.uid") == pod_uid) {
    return kubernetes_name(labels);
  }
  std::string_view plain = own_name;
  if (plain.starts_with('/')) plain.remove_prefix(1);
  const std::string_view task = text_of(labels, "com.amazonaws.ecs.task-definition-family");
  if (!task.empty() && plain.starts_with(fmt::format("ecs-{}-", task))) {
    return checked(text_of(labels, "com.amazonaws.ecs.container-name"), task, "");
  }
  return checked(plain, "", "");
}

std::optional<ContainerName> read_container_store(std::string_view containers_json,
                                                  std::string_view id) {
  std::set<std::string> having_id;
  std::map<std::string, std::string> names;  // by index
  const bool read =
      for_each_json_string(containers_json, [&](const JsonPath& path, const std::string& value) {
        if (path.size() == 2 && path[1] == "id" && value == id) having_id.insert(path[0]);
        if (path.size() == 3 && path[1] == "names" && path[2] == "0") names[path[0]] = value;
      });
  if (!read || having_id.size() != 1) return std::nullopt;
  const auto name = names.find(*having_id.begin());
  if (name == names.end()) return std::nullopt;
  return checked(name->second, "", "");
}

// No name of Kubernetes has a '_'.
std::optional<ContainerName> read_log_name(std::string_view file, std::string_view id) {
  const std::string end = "-" + std::string(id) + ".log";
  if (id.empty() || !file.ends_with(end)) return std::nullopt;
  file.remove_suffix(end.size());
  const std::size_t first = file.find('_');
  const std::size_t second = first == std::string_view::npos ? first : file.find('_', first + 1);
  if (second == std::string_view::npos || file.find('_', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  ContainerName name = checked(file.substr(second + 1), file.substr(0, first),
                               file.substr(first + 1, second - first - 1));
  if (name.container.empty() || name.pod.empty() || name.k8s_namespace.empty()) return std::nullopt;
  return name;
}

std::optional<ContainerName> read_pod_directory(std::string_view directory, std::string_view uid) {
  const std::string end = "_" + std::string(uid);
  if (uid.empty() || !directory.ends_with(end)) return std::nullopt;
  directory.remove_suffix(end.size());
  const std::size_t middle = directory.find('_');
  if (middle == std::string_view::npos || middle != directory.rfind('_')) return std::nullopt;
  ContainerName name = checked("", directory.substr(middle + 1), directory.substr(0, middle));
  if (name.pod.empty() || name.k8s_namespace.empty()) return std::nullopt;
  return name;
}

}  // namespace cgtally
