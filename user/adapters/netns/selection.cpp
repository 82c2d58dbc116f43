// SPDX-License-Identifier: Apache-2.0
#include "adapters/netns/selection.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "adapters/netns/netns.h"
#include "adapters/sys/directory.h"
#include "core/base/glob.h"

namespace cgtally::netns {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

bool has_name(const std::string& name, const std::string& host_root) {
  std::error_code ignored;
  return std::filesystem::exists(host_root + "/run/netns/" + name, ignored);
}

}  // namespace

bool means_several(const std::string& wanted) { return wanted == kAllNetns || is_glob(wanted); }

bool means_process(const std::string& wanted, const std::string& host_root) {
  if (is_number(wanted)) return !has_name(wanted, host_root);
  const std::size_t begin = wanted.rfind("/proc/");
  if (begin == std::string::npos) return false;
  const std::string rest = wanted.substr(begin + std::string("/proc/").size());
  return is_number(rest.substr(0, rest.find('/')));
}

bool means_label(const std::string& wanted, const std::string& label) {
  return wanted == kAllNetns || wanted == label ||
         (is_glob(wanted) && !label.empty() && matches_glob(wanted, label));
}

std::vector<SelectedNetns> find_by_glob(const std::string& glob, const std::string& host_root) {
  const bool paths = glob.find('/') != std::string::npos;
  const std::string directory =
      paths ? std::filesystem::path(glob).parent_path().string() : host_root + "/run/netns";
  std::vector<SelectedNetns> found;
  for (const auto& entry : sys::entries_of(directory)) {
    const std::string label = paths ? entry.string() : entry.filename().string();
    struct stat status{};
    if (label != glob && !matches_glob(glob, label)) continue;
    if (!is_netns(entry) || stat(entry.c_str(), &status) != 0) continue;
    found.push_back({.inode = status.st_ino, .label = label});
  }
  return found;
}

Result<SelectedNetns> find_one(const std::string& wanted, const std::string& host_root) {
  const auto netns = Netns::open(wanted, host_root);
  if (!netns) return std::unexpected(netns.error());
  return SelectedNetns{.inode = netns->inode(), .label = wanted};
}

}  // namespace cgtally::netns
