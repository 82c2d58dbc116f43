// SPDX-License-Identifier: Apache-2.0
// Whole nodes, as kubelet and the runtimes lay them: each driver of cgroups, each class of pods,
// each runtime, and each kind of container that a pod has. Each cgroup gets the name that kubectl
// shows for it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/adapters/containers/node_files.h"

namespace cgtally::containers {
namespace {

enum class Driver : std::uint8_t { systemd, cgroupfs };
enum class Maker : std::uint8_t { containerd, crio, dockershim };

struct NodeLayout {
  const char* title;
  Driver driver;
  Maker maker;
  std::string cgroup_root;  // kubelet's --cgroup-root
  std::string state = "/run/containerd";
};

struct PodLayout {
  std::string k8s_namespace;
  std::string name;
  std::string uid;
  std::string quality;  // "burstable", "besteffort"; empty: guaranteed
  std::vector<std::string> containers;
};

// A pod of the API server's has a UUID; a static one the hash of its file, which its cgroup, its
// logs and its labels have as well. Init and ephemeral containers have names and ids like others.
const std::vector<PodLayout> kPods{
    {"shop",
     "api-7c9f",
     "2f1f5a5e-8a0c-4f7e-9d3b-0c1d2e3f4a5b",
     "burstable",
     {"migrate-init", "app", "istio-proxy", "debugger-x2k4v"}},
    {"shop", "db-0", "11111111-8a0c-4f7e-9d3b-0c1d2e3f4a5b", "", {"postgres"}},
    {"kube-system",
     "kube-proxy-abcde",
     "22222222-8a0c-4f7e-9d3b-0c1d2e3f4a5b",
     "besteffort",
     {"kube-proxy"}},
    {"kube-system", "etcd-node1", "0123456789abcdef0123456789abcdef", "burstable", {"etcd"}},
};

std::string replaced(std::string text, char from, char to) {
  std::ranges::replace(text, from, to);
  return text;
}

std::string id_of(const PodLayout& pod, std::size_t number) {
  return fmt::format("{:032x}{:08x}{:024x}", std::hash<std::string>{}(pod.uid) % 0xffffffff, number,
                     7);
}

// "kubepods-burstable-pod<uid>.slice" of a kubelet whose root is "/a/b": "a-b-kubepods-...".
std::string slice_of(const NodeLayout& node, const PodLayout& pod) {
  std::string name = replaced(node.cgroup_root.substr(node.cgroup_root.empty() ? 0 : 1), '/', '-');
  if (!name.empty()) name += '-';
  return fmt::format("{}kubepods{}{}-pod{}.slice", name, pod.quality.empty() ? "" : "-",
                     pod.quality, replaced(pod.uid, '-', '_'));
}

// Slices nest by the dashes in their names.
std::string expanded(const std::string& slice) {
  std::string path;
  for (std::size_t dash = slice.find('-'); dash != std::string::npos;
       dash = slice.find('-', dash + 1)) {
    path += "/" + slice.substr(0, dash) + ".slice";
  }
  return path + "/" + slice;
}

std::string cgroup_of(const NodeLayout& node, const PodLayout& pod) {
  if (node.driver == Driver::systemd) return expanded(slice_of(node, pod));
  return fmt::format("{}/kubepods/{}{}pod{}", node.cgroup_root, pod.quality,
                     pod.quality.empty() ? "" : "/", pod.uid);
}

std::string prefix_of(const NodeLayout& node) {
  switch (node.maker) {
    case Maker::crio:
      return "crio";
    case Maker::dockershim:
      return "docker";
    default:
      return "cri-containerd";
  }
}

std::string cgroup_of(const NodeLayout& node, const PodLayout& pod, const std::string& id) {
  if (node.driver == Driver::systemd) {
    return fmt::format("{}/{}-{}.scope", cgroup_of(node, pod), prefix_of(node), id);
  }
  return fmt::format("{}/{}{}", cgroup_of(node, pod), node.maker == Maker::crio ? "crio-" : "", id);
}

class KubernetesLayoutTest : public NodeFilesTest {
 protected:
  void lay(const NodeLayout& node) const {
    if (!node.cgroup_root.empty()) {
      write(
          "/var/lib/kubelet/config.yaml",
          fmt::format("apiVersion: kubelet.config.k8s.io/v1beta1\ncgroupDriver: x\ncgroupRoot: {}\n"
                      "kind: KubeletConfiguration\n",
                      node.cgroup_root));
    }
    for (const PodLayout& pod : kPods) {
      lay_container(node, pod, "POD", id_of(pod, 99));
      for (std::size_t i = 0; i < pod.containers.size(); ++i) {
        lay_container(node, pod, pod.containers[i], id_of(pod, i));
      }
    }
  }

  void expect_names(const NodeLayout& node, bool sandbox = true) {
    for (const PodLayout& pod : kPods) {
      EXPECT_EQ(look(cgroup_of(node, pod)), name(pod, "")) << node.title;
      if (sandbox) {
        EXPECT_EQ(look(cgroup_of(node, pod, id_of(pod, 99))), name(pod, "POD")) << node.title;
      }
      for (std::size_t i = 0; i < pod.containers.size(); ++i) {
        const std::string cgroup = cgroup_of(node, pod, id_of(pod, i));
        EXPECT_EQ(look(cgroup), name(pod, pod.containers[i])) << node.title << cgroup << refused_;
        // crun makes one more level, systemd in a container others.
        EXPECT_EQ(look(cgroup + "/container"), name(pod, pod.containers[i])) << node.title;
      }
    }
  }

  static ContainerName name(const PodLayout& pod, const std::string& container) {
    return {.container = container, .pod = pod.name, .k8s_namespace = pod.k8s_namespace};
  }

 private:
  [[nodiscard]] static std::string cgroups_path(const NodeLayout& node, const PodLayout& pod,
                                                const std::string& id) {
    if (node.driver == Driver::cgroupfs) return cgroup_of(node, pod, id);
    return fmt::format("{}:{}:{}", slice_of(node, pod), prefix_of(node), id);
  }

  void lay_container(const NodeLayout& node, const PodLayout& pod, const std::string& container,
                     const std::string& id) const {
    const std::string log =
        fmt::format("/var/log/pods/{}_{}_{}/{}", pod.k8s_namespace, pod.name, pod.uid, container);
    if (container != "POD") {
      write(log + "/0.log", "");
      write(fmt::format("/var/log/containers/{}_{}_{}-{}.log", pod.name, pod.k8s_namespace,
                        container, id),
            "");
    }
    const std::string labels = fmt::format(
        R"("io.kubernetes.container.name":"{}","io.kubernetes.pod.name":"{}","io.kubernetes.pod.namespace":"{}","io.kubernetes.pod.uid":"{}")",
        container, pod.name, pod.k8s_namespace, pod.uid);
    const std::string linux =
        fmt::format(R"("linux":{{"cgroupsPath":"{}"}})", cgroups_path(node, pod, id));
    switch (node.maker) {
      case Maker::containerd:
        write(fmt::format("{}/io.containerd.runtime.v2.task/k8s.io/{}/config.json", node.state, id),
              fmt::format(R"({{"ociVersion":"1.2.0","annotations":{{{}}},{}}})",
                          cri_annotations(pod, container), linux));
        break;
      case Maker::crio:
        write(
            fmt::format("/run/containers/storage/overlay-containers/{}/userdata/config.json", id),
            fmt::format(
                R"({{"ociVersion":"1.2.0","annotations":{{"io.kubernetes.cri-o.ContainerID":"{}",{}}},{}}})",
                id, labels, linux));
        break;
      case Maker::dockershim:
        write(fmt::format("/var/lib/docker/containers/{}/config.v2.json", id),
              fmt::format(R"({{"ID":"{}","Name":"/k8s_x","Config":{{"Labels":{{{}}}}}}})", id,
                          labels));
        write(fmt::format("/var/lib/docker/containers/{}/hostconfig.json", id),
              fmt::format(R"({{"CgroupParent":"{}"}})", node.driver == Driver::systemd
                                                            ? slice_of(node, pod)
                                                            : cgroup_of(node, pod)));
        break;
    }
  }

  static std::string cri_annotations(const PodLayout& pod, const std::string& container) {
    const bool sandbox = container == "POD";
    return fmt::format(
        R"("io.kubernetes.cri.container-type":"{}",{}"io.kubernetes.cri.sandbox-name":"{}","io.kubernetes.cri.sandbox-namespace":"{}","io.kubernetes.cri.sandbox-uid":"{}")",
        sandbox ? "sandbox" : "container",
        sandbox ? "" : fmt::format(R"("io.kubernetes.cri.container-name":"{}",)", container),
        pod.name, pod.k8s_namespace, pod.uid);
  }
};

const std::vector<NodeLayout> kNodes{
    {"containerd, systemd", Driver::systemd, Maker::containerd, ""},
    {"containerd, cgroupfs", Driver::cgroupfs, Maker::containerd, ""},
    {"containerd, systemd, --cgroup-root", Driver::systemd, Maker::containerd, "/kubelet"},
    {"containerd, cgroupfs, --cgroup-root", Driver::cgroupfs, Maker::containerd, "/podruntime/k8s"},
    {"k3s", Driver::cgroupfs, Maker::containerd, "", "/run/k3s/containerd"},
    {"k0s", Driver::systemd, Maker::containerd, "", "/run/k0s/containerd"},
    {"MicroK8s", Driver::cgroupfs, Maker::containerd, "",
     "/var/snap/microk8s/common/run/containerd"},
    {"inside of a node of kind", Driver::systemd, Maker::containerd, "/kubelet"},
    {"CRI-O, systemd", Driver::systemd, Maker::crio, ""},
    {"CRI-O, cgroupfs", Driver::cgroupfs, Maker::crio, ""},
    {"CRI-O, cgroupfs, --cgroup-root", Driver::cgroupfs, Maker::crio, "/podruntime"},
    {"cri-dockerd, systemd", Driver::systemd, Maker::dockershim, ""},
    {"cri-dockerd, cgroupfs", Driver::cgroupfs, Maker::dockershim, ""},
    {"cri-dockerd, cgroupfs, --cgroup-root", Driver::cgroupfs, Maker::dockershim, "/podruntime"},
};

TEST_F(KubernetesLayoutTest, EachContainerAndPodOfEachNodeHasItsName) {
  for (const NodeLayout& node : kNodes) {
    lay(node);
    expect_names(node);
    std::filesystem::remove_all(root_);
  }
}

TEST_F(KubernetesLayoutTest, TheLogsAloneNameAllButTheSandbox) {
  for (const NodeLayout& node : kNodes) {
    lay(node);
    for (const char* runtime : {"/run", "/var/lib/docker", "/var/snap"}) {
      std::filesystem::remove_all(root_ + runtime);
    }
    expect_names(node, false);
    std::filesystem::remove_all(root_);
  }
}

// Seen from the machine, all of a node of kind, k3d or minikube is one container of docker's.
TEST_F(KubernetesLayoutTest, OfANodeThatIsAContainerTheMachineKnowsTheNodesName) {
  write_docker("");
  for (const std::string& node : {"/docker/" + kNode, "/system.slice/docker-" + kNode + ".scope"}) {
    for (const NodeLayout& inside : kNodes) {
      const PodLayout& pod = kPods.front();
      const ContainerName found = look(node + cgroup_of(inside, pod, id_of(pod, 0)));
      EXPECT_EQ(found, (ContainerName{.container = "web", .pod = "", .k8s_namespace = ""}))
          << inside.title;
    }
  }
}

// A tree like kubelet's that a container made below itself has the path, but kubelet's
// configuration says another one, and so do the bundles.
TEST_F(KubernetesLayoutTest, ATreeThatOnlyLooksLikeKubeletsHasNoNames) {
  const NodeLayout real{"real", Driver::cgroupfs, Maker::containerd, ""};
  lay(real);
  const PodLayout& pod = kPods.front();
  for (const char* fake : {"/default/web", "/web"}) {
    EXPECT_EQ(look(fake + cgroup_of(real, pod)), ContainerName{}) << fake;
    EXPECT_EQ(look(fake + cgroup_of(real, pod, id_of(pod, 1))), ContainerName{}) << fake;
  }
}

TEST_F(KubernetesLayoutTest, ALogNameThatWasCutToFitTheFileSystemNamesNobodyElse) {
  const PodLayout& pod = kPods.front();
  const std::string id = id_of(pod, 0);
  std::string log = fmt::format("{}_{}_{}-{}", std::string(180, 'p'), "shop", "app", id);
  log.resize(251);
  write("/var/log/containers/" + log + ".log", "");
  write(fmt::format("/var/log/pods/{}_{}_{}/app/0.log", pod.k8s_namespace, pod.name, pod.uid), "");
  const NodeLayout node{"", Driver::systemd, Maker::containerd, ""};
  EXPECT_EQ(look(cgroup_of(node, pod, id)), name(pod, ""));
}

}  // namespace
}  // namespace cgtally::containers
