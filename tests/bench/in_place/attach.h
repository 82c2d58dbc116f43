// SPDX-License-Identifier: Apache-2.0
// Attaches any BPF object's two programs to one interface (or to a cgroup, for programs of that
// kind), and takes them away again, as often as asked. Loads no other program of the object, so an
// object may hold much that this kernel or this use refuses.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>

#include "core/base/result.h"

namespace cgtally::bench {

struct AttachChoice {
  std::string object;     // path
  std::string egress;     // name of a program; may be that of ingress, too
  std::string ingress;    // name of a program
  std::string interface;  // in the caller's netns
  std::string cgroup;     // path of the cgroup for programs that attach to one
};

// A loaded object; its programs meet packets between attach() and detach(). The benchmark's rig
// owns one. Knows nothing of what the programs do.
class AttachableObject {
 public:
  static Result<AttachableObject> load(AttachChoice choice);

  AttachableObject(AttachableObject&&) noexcept = default;
  AttachableObject& operator=(AttachableObject&&) noexcept = default;
  ~AttachableObject() { detach(); }

  Result<void> attach();
  void detach();

  // The kernel's number of a program.
  [[nodiscard]] Result<unsigned> id_of(const std::string& name) const;

 private:
  struct Close {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  AttachableObject() = default;
  Result<void> attach_to_cgroup(bpf_program* program, bool egress);
  Result<void> attach_to_interface(bpf_program* program, bool egress);

  AttachChoice choice_;
  std::unique_ptr<bpf_object, Close> object_;
  std::unique_ptr<bpf_link, Close> egress_link_;  // of programs that attach to a cgroup
  std::unique_ptr<bpf_link, Close> ingress_link_;
  int hook_ifindex_ = 0;  // has a qdisc of ours; 0: none
};

}  // namespace cgtally::bench
