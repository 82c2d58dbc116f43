// SPDX-License-Identifier: Apache-2.0
// Files of a host, read from its root as they lie there: of runtimes and kubelet, and of the
// firmware.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "adapters/containers/container_names.h"
#include "adapters/ec2/dmi.h"
#include "adapters/ec2/identity.h"
#include "core/base/text.h"
#include "core/containers/cgroup_identity.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 6;
constexpr std::string_view kMark = "== /";  // before the path of a file, on a line of its own

// A directory that goes with this object, and with it all that lies in it.
class HostRoot {
 public:
  HostRoot() {
    std::string path = fs::temp_directory_path() / "cgtally-fuzz-XXXXXX";
    require(::mkdtemp(path.data()) != nullptr, "there is room for a directory");
    path_ = path;
  }
  HostRoot(const HostRoot&) = delete;
  HostRoot& operator=(const HostRoot&) = delete;
  ~HostRoot() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  void put(std::string_view path, std::string_view content) {
    const fs::path file = path_ / path;
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    std::ofstream(file, std::ios::binary) << content;
    tops_.insert(path_ / *fs::path(path).begin());
  }
  void clear() {
    std::error_code ignored;
    for (const fs::path& top : tops_) fs::remove_all(top, ignored);
    tops_.clear();
  }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  fs::path path_;
  std::set<fs::path> tops_;
};

// As the readers may ask for it, and below the root.
bool is_path(std::string_view text) {
  constexpr std::string_view kTaken =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-";
  return !text.empty() && text.size() < 240 && text.front() != '/' && text.back() != '/' &&
         text.find_first_not_of(kTaken) == std::string_view::npos && !text.contains("..");
}

void put_files(HostRoot& root, std::string_view text) {
  for (std::size_t count = 0; count < kMostFiles && text.starts_with(kMark); ++count) {
    const auto [line, rest] = first_line(text);
    const std::size_t end = rest.find(std::string("\n").append(kMark));
    const std::string_view path = line.substr(kMark.size());
    if (is_path(path)) root.put(path, rest.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
}

}  // namespace

// The path of a cgroup, and then files: a line with the path of each, and its content.
void host_tree(std::string_view input) {
  static HostRoot root;
  const auto [cgroup, files] = first_line(input);
  put_files(root, files);
  const auto found = containers::find_container_name(root.path(), identify_cgroup(cgroup));
  for (const SharedText* name :
       {&found.name.container, &found.name.pod, &found.name.k8s_namespace}) {
    require_harmless(*name, "the name of a container is harmless");
    require(!name->str().contains('/'), "the name of a container has no slash");
  }
  require_harmless(found.refused, "why a file was not taken is harmless");
  const auto identity = ec2::read_dmi(root.path());
  if (identity) {
    require(ec2::looks_like_type(identity->type), "a type looks like one");
    require(identity->instance_id.empty() || ec2::looks_like_instance_id(identity->instance_id),
            "an instance id looks like one");
  } else {
    require_harmless(identity.error().what, "why there is no instance is harmless");
  }
  root.clear();
}

}  // namespace cgtally::fuzz
