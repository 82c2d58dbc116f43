// SPDX-License-Identifier: Apache-2.0
// Where each runtime keeps what it knows of a container, and how that is read: bounded, regular
// files only, never waiting, and with links that cannot lead out of the host's root.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/containers/container_names.h"
#include "adapters/sys/fd.h"

namespace cgtally::containers {
namespace {

constexpr std::size_t kMostOfFile = std::size_t{4} << 20U;
constexpr int kMostNames = 16'384;

// Links in between may be the administrator's: /var/lib/docker often is one. The file itself is
// none.
sys::Fd open_in(const std::string& host_root, const std::string& path, int flags) {
  const sys::Fd root(
      open(host_root.empty() ? "/" : host_root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return {};
  open_how how{};
  how.flags =
      static_cast<std::uint64_t>(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return sys::Fd(
      static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
}

std::optional<std::string> content_of(const std::string& host_root, const std::string& path) {
  const sys::Fd file = open_in(host_root, path, 0);
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (static_cast<std::size_t>(status.st_size) > kMostOfFile) return std::nullopt;
  std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');  // one more: it has grown
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t got = read(file.get(), text.data() + length, text.size() - length);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  if (length == text.size()) return std::nullopt;
  text.resize(length);
  return text;
}

using ReadName = std::function<std::optional<ContainerName>(std::string_view)>;

// The one name that `read` makes of a file's name in the directory; nothing if they differ.
ContainerName only_name_in(const std::string& host_root, const std::string& path,
                           const ReadName& read) {
  sys::Fd fd = open_in(host_root, path, O_DIRECTORY);
  if (!fd) return {};
  const std::unique_ptr<DIR, void (*)(DIR*)> directory(fdopendir(fd.get()),
                                                       [](DIR* one) { (void)closedir(one); });
  if (!directory) return {};
  (void)fd.release();
  std::optional<ContainerName> only;
  const dirent* entry = nullptr;
  for (int i = 0; i < kMostNames && (entry = readdir(directory.get())) != nullptr; ++i) {
    const auto name = read(entry->d_name);
    if (only && name && *name != *only) return {};
    if (name) only = name;
  }
  return only.value_or(ContainerName{});
}

class ContainerFiles {
 public:
  ContainerFiles(const std::string& host_root, const CgroupIdentity& identity)
      : root_(host_root), identity_(identity), id_(identity.container_id) {}

  [[nodiscard]] ContainerName find() const {
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
  [[nodiscard]] std::optional<ContainerName> of_bundle(const std::string& path) const {
    const auto text = content_of(root_, path);
    if (!text) return std::nullopt;
    auto bundle = read_bundle(*text);
    if (!bundle || !is_bundle_of_cgroup(bundle->cgroups_path, identity_.cgroup))
      return std::nullopt;
    return std::move(bundle->name);
  }
  [[nodiscard]] ContainerName of_bundles() const {
    constexpr std::string_view kTasks = "io.containerd.runtime.v2.task/k8s.io";
    std::vector<std::string> paths = {
        fmt::format("/run/containerd/{}/{}/config.json", kTasks, id_),
        fmt::format("/run/k3s/containerd/{}/{}/config.json", kTasks, id_)};
    for (const std::string& store : stores()) {
      paths.push_back(fmt::format("{}/{}/userdata/config.json", store, id_));
    }
    for (const std::string& path : paths) {
      auto name = of_bundle(path);
      if (name && !name->empty()) return *std::move(name);
    }
    return {};
  }
  [[nodiscard]] ContainerName of_docker() const {
    const auto text =
        content_of(root_, fmt::format("/var/lib/docker/containers/{}/config.v2.json", id_));
    return text ? read_docker_config(*text, id_).value_or(ContainerName{}) : ContainerName{};
  }
  [[nodiscard]] ContainerName of_podman() const {
    for (const std::string& where : stores()) {
      if (!of_bundle(fmt::format("{}/{}/userdata/config.json", where, id_))) continue;
      for (const char* list : {"containers.json", "volatile-containers.json"}) {
        const auto text = content_of(root_, fmt::format("{}/{}", where, list));
        const auto name = text ? read_container_store(*text, id_) : std::nullopt;
        if (name && !name->empty()) return *name;
      }
    }
    return {};
  }
  // The path alone proves nothing here: any two directories look like it.
  [[nodiscard]] ContainerName of_task() const {
    const bool known =
        of_bundle(fmt::format("/run/containerd/io.containerd.runtime.v2.task/{}/{}/config.json",
                              identity_.task_namespace, id_))
            .has_value();
    return {.container = known ? checked_container_name(id_) : "", .pod = "", .k8s_namespace = ""};
  }
  [[nodiscard]] ContainerName or_logs(ContainerName name) const {
    if (!name.empty() || identity_.pod_uid.empty()) return name;
    if (!id_.empty()) {
      name = only_name_in(root_, "/var/log/containers",
                          [this](std::string_view file) { return read_log_name(file, id_); });
    }
    if (!name.empty()) return name;
    return only_name_in(root_, "/var/log/pods", [this](std::string_view directory) {
      return read_pod_directory(directory, identity_.pod_uid);
    });
  }

  const std::string& root_;
  const CgroupIdentity& identity_;
  const std::string& id_;
};

}  // namespace

ContainerName find_container_name(const std::string& host_root, const CgroupIdentity& identity) {
  return ContainerFiles(host_root, identity).find();
}

}  // namespace cgtally::containers
