// SPDX-License-Identifier: Apache-2.0
#include "bench/in_place/attach.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <net/if.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <utility>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::bench {
namespace {

int print_warnings(libbpf_print_level level, const char* format, va_list arguments) {
  return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
}

Result<void> select_programs(bpf_object* object, const AttachChoice& choice) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const std::string name = bpf_program__name(program);
    const bool wanted = name == choice.egress || name == choice.ingress;
    bpf_program__set_autoload(program, wanted);
    if (wanted && bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC) {
      bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
    }
  }
  for (const std::string& name : {choice.egress, choice.ingress}) {
    if (bpf_object__find_program_by_name(object, name.c_str()) == nullptr) {
      return std::unexpected(
          Error{.what = choice.object + " has no program " + name,
                .hint = "bpftool or readelf -s shows the names of an object's programs"});
    }
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object)
      bpf_map__set_pin_path(map, nullptr);  // nothing stays behind
  return {};
}

bpf_tc_hook hook_at(int ifindex, unsigned points) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = ifindex;
  hook.attach_point = static_cast<bpf_tc_attach_point>(points);
  return hook;
}

}  // namespace

Result<AttachableObject> AttachableObject::load(AttachChoice choice) {
  libbpf_set_print(print_warnings);
  AttachableObject loaded;
  loaded.object_.reset(bpf_object__open_file(choice.object.c_str(), nullptr));
  if (!loaded.object_) return std::unexpected(sys::error_from(errno, "open " + choice.object));
  if (auto selected = select_programs(loaded.object_.get(), choice); !selected) {
    return std::unexpected(selected.error());
  }
  if (const int failed = bpf_object__load(loaded.object_.get()); failed != 0) {
    return std::unexpected(sys::error_from(-failed, "load " + choice.object));
  }
  loaded.choice_ = std::move(choice);
  return loaded;
}

Result<void> AttachableObject::attach() {
  for (const bool egress : {true, false}) {
    const std::string& name = egress ? choice_.egress : choice_.ingress;
    bpf_program* program = bpf_object__find_program_by_name(object_.get(), name.c_str());
    auto attached = bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB
                        ? attach_to_cgroup(program, egress)
                        : attach_to_interface(program, egress);
    if (!attached) return attached;
  }
  return {};
}

Result<void> AttachableObject::attach_to_cgroup(bpf_program* program, bool egress) {
  const sys::Fd cgroup(open(choice_.cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) return std::unexpected(sys::error_from(errno, "open " + choice_.cgroup));
  bpf_link* link = bpf_program__attach_cgroup(program, cgroup.get());
  if (link == nullptr) return std::unexpected(sys::error_from(errno, "attach to a cgroup"));
  (egress ? egress_link_ : ingress_link_).reset(link);
  return {};
}

Result<void> AttachableObject::attach_to_interface(bpf_program* program, bool egress) {
  const int ifindex = static_cast<int>(if_nametoindex(choice_.interface.c_str()));
  if (ifindex == 0) return std::unexpected(sys::error_from(errno, choice_.interface));
  if (hook_ifindex_ == 0) {
    bpf_tc_hook both = hook_at(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
    if (const int failed = bpf_tc_hook_create(&both); failed != 0 && failed != -EEXIST) {
      return std::unexpected(sys::error_from(-failed, "make a clsact qdisc"));
    }
    hook_ifindex_ = ifindex;
  }
  const bpf_tc_hook hook = hook_at(ifindex, egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = bpf_program__fd(program);
  if (const int failed = bpf_tc_attach(&hook, &options); failed != 0) {
    return std::unexpected(sys::error_from(-failed, "attach a filter"));
  }
  return {};
}

void AttachableObject::detach() {
  egress_link_.reset();
  ingress_link_.reset();
  if (!object_ || hook_ifindex_ == 0) return;
  bpf_tc_hook both = hook_at(std::exchange(hook_ifindex_, 0), BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&both);
}

Result<unsigned> AttachableObject::id_of(const std::string& name) const {
  bpf_prog_info info{};
  unsigned size = sizeof(info);
  const int fd = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), name.c_str()));
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) {
    return std::unexpected(sys::error_from(errno, "ask for program " + name));
  }
  return info.id;
}

}  // namespace cgtally::bench
