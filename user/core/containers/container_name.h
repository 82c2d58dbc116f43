// SPDX-License-Identifier: Apache-2.0
// The name that people use for a container, and how to find it in what runtimes and kubelet write
// on their node. Text that is not what it should be gives no name, never a part of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/shared_text.h"

namespace cgtally {

// Each is escaped by escape_name(), has at most 253 bytes before that and no '/', and begins
// neither with '(' nor with '#', as what has no name does; or it is empty: not known.
struct ContainerName {
  SharedText container;  // "POD": the one that only holds a pod's namespaces
  SharedText pod;        // of Kubernetes; the family of an ECS task
  SharedText k8s_namespace;
  [[nodiscard]] bool empty() const {
    return container.empty() && pod.empty() && k8s_namespace.empty();
  }
  bool operator==(const ContainerName&) const = default;
};

// Who wrote a bundle decides which of its annotations are his own: the others are the pod's, whose
// author may write what he likes there.
enum class BundleMaker : std::uint8_t { containerd, crio, podman };
// From a bundle's config.json.
struct BundleDescription {
  ContainerName name;        // empty if no annotation has it
  std::string cgroups_path;  // linux.cgroupsPath, raw
};
[[nodiscard]] std::optional<BundleDescription> read_bundle(std::string_view config_json,
                                                           BundleMaker maker);
// From docker's config.v2.json, which must be that of `id`. Labels of Kubernetes and ECS come
// before docker's own name, if they are not the image's: those of Kubernetes have the uid of the
// pod in which the container is, `pod_uid`; to those of ECS its agent has made the name fit.
[[nodiscard]] std::optional<ContainerName> read_docker_config(std::string_view config_json,
                                                              std::string_view id,
                                                              std::string_view pod_uid);
// From containers.json of the store that podman and CRI-O share. Nothing if two entries have the
// id.
[[nodiscard]] std::optional<ContainerName> read_container_store(std::string_view containers_json,
                                                                std::string_view id);
// From the name of a file in /var/log/containers: "<pod>_<namespace>_<container>-<id>.log".
[[nodiscard]] std::optional<ContainerName> read_log_name(std::string_view file,
                                                         std::string_view id);
// From the name of a directory in /var/log/pods: "<namespace>_<pod>_<uid>".
[[nodiscard]] std::optional<ContainerName> read_pod_directory(std::string_view directory,
                                                              std::string_view uid);
// A name that no file is needed for, such as a machine's; empty if it cannot be one.
[[nodiscard]] std::string checked_container_name(std::string_view raw);

}  // namespace cgtally
