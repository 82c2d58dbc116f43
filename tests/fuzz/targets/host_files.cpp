// SPDX-License-Identifier: Apache-2.0
// What others left on the host: names in the files of runtimes, paths of cgroups, and the kernel's
// own texts.
#include <cstring>
#include <set>
#include <vector>

#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/cgroupfs/mount.h"
#include "adapters/csv/dumps/burst_windows.h"
#include "adapters/ec2/http.h"
#include "adapters/ec2/identity.h"
#include "adapters/ethtool/statistics.h"
#include "adapters/host/container_networks.h"
#include "adapters/host/deployment.h"
#include "adapters/host/facts.h"
#include "adapters/netns/tcp_counters.h"
#include "adapters/netns/tcp_in_use.h"
#include "core/base/json_reader.h"
#include "core/base/text.h"
#include "core/containers/account_label.h"
#include "core/containers/cgroup_identity.h"
#include "core/containers/container_name.h"
#include "core/containers/grouping.h"
#include "core/instance/allowance_counters.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

void require_a_name(const std::string& name) {
  require(printable(name) == name, "a name is harmless");
  require(name.find('/') == std::string::npos, "a name has no slash");
  require(name.empty() || (name.front() != '(' && name.front() != '#'),
          "a name does not begin as a reason");
}

void require_names(const ContainerName& name) {
  require_a_name(name.container);
  require_a_name(name.pod);
  require_a_name(name.k8s_namespace);
}

void require_names(const std::optional<ContainerName>& name) {
  if (name) require_names(*name);
}

}  // namespace

// The first line is the id or uid, under which each runtime files its names.
void container_files(std::string_view input) {
  const auto [id, text] = first_line(input);
  for (const auto maker : {BundleMaker::containerd, BundleMaker::crio, BundleMaker::podman}) {
    const auto bundle = read_bundle(text, maker);
    if (!bundle) continue;
    require_names(bundle->name);
    use(is_bundle_of_cgroup(bundle->cgroups_path, id));
  }
  require_names(read_docker_config(text, id, id));
  require_names(read_docker_config(text, id, ""));
  require_names(read_container_store(text, id));
  require_names(read_log_name(text, id));
  require_names(read_pod_directory(text, id));
  require_a_name(checked_container_name(text));
  std::set<std::string> types;
  host::add_cni_types(text, types);
  std::size_t strings = 0;
  use(for_each_json_string(text, [&](const JsonPath& path, const std::string&) {
    require(path.size() <= 64, "JSON is not deeper than promised");
    ++strings;
  }));
}

void cgroup_paths(std::string_view input) {
  const auto [path, other] = first_line(input);
  const CgroupIdentity identity = identify_cgroup(path);
  require(identity.container_id.find('/') == std::string::npos &&
              identity.pod_uid.find('/') == std::string::npos &&
              identity.machine.find('/') == std::string::npos &&
              identity.task_namespace.find('/') == std::string::npos,
          "ids are safe as a part of a path");
  require(identity.container_id != ".." && identity.pod_uid != ".." && identity.machine != ".." &&
              identity.task_namespace != ".." && identity.unit != "..",
          "ids do not lead upwards");
  require(path.starts_with(identity.cgroup), "the own cgroup is above the path or it");
  use(may_have_container_name(path));
  use(is_bundle_of_cgroup(other, path));
  use(is_docker_cgroup(other, path));
  use(cgroupfs::absolute_cgroup(path, other));
  const std::string account = escape_name(path);
  const ContainerName owner{
      .container = checked_container_name(other), .pod = {}, .k8s_namespace = {}};
  require_harmless(account_label(account, owner), "a label is harmless");
  require_harmless(account_unit(account), "a unit is harmless");
  for (const auto by :
       {Grouping::container, Grouping::pod, Grouping::k8s_namespace, Grouping::unit}) {
    const auto group = group_of(by, account, owner);
    if (!group) continue;
    require(is_group_account(group->account), "a group has the account of a group");
    require_harmless(group->account, "the account of a group is harmless");
  }
  use(account_passes(other, account, owner));
}

void kernel_text(std::string_view input) {
  const auto [first, rest] = first_line(input);
  use(cgroupfs::cgroup2_mounts_in(rest, first));
  use(cgroupfs::is_v1_container(input));
  use(netns::tcp_counts_of(input));
  use(netns::in_use_of(input, "TCP:"));
  use(host::effective_capabilities_in(std::string(input)));
  use(host::lockdown_mode_in(std::string(input)));
  require(host::possible_cpus_in(input) >= 1, "a host has a CPU");
  use(host::has_ipvs_service(input));
  use(host::cilium_routing_in(input));
  use(csv::is_windows_file_name(input));
}

// Names of 32 bytes, and the values that the driver gave for them.
void ethtool_names(std::string_view input) {
  const std::size_t names = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  if (!input.empty()) input.remove_prefix(1);
  const std::string_view text = input.substr(0, names * 32);
  const std::string_view raw = input.substr(text.size());
  std::vector<std::uint64_t> values(raw.size() / sizeof(std::uint64_t));
  if (!values.empty()) std::memcpy(values.data(), raw.data(), values.size() * sizeof(values[0]));
  const NamedStatistics all = ethtool::named(text, values);
  require(all.size() <= values.size(), "no statistic is made up");
  use(allowances_of(all));
}

void imds_answers(std::string_view input) {
  const auto answer = ec2::parse_answer(input);
  if (answer) require(answer->body.size() <= input.size(), "an answer has no more than came");
  for (const std::string_view text : {input, answer ? std::string_view(answer->body) : ""}) {
    if (ec2::looks_like_type(text)) require_harmless(text, "an instance type is harmless");
    if (ec2::looks_like_instance_id(text)) require_harmless(text, "an instance id is harmless");
  }
}

}  // namespace cgtally::fuzz
