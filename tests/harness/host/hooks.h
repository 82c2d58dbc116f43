// SPDX-License-Identifier: Apache-2.0
// Lists the programs that are attached to a device, as the kernel knows them, and stands in for
// other people's programs: a tc program that counts packets in a map of its own, and an XDP one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "adapters/sys/fd.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

using bpf::HookDirection;

struct AttachedProgram {
  std::string where;  // "cgt0 tcx ingress"
  std::string name;
  std::uint32_t id = 0;
};

// Programs on all devices of the namespace, tcx and tc filters, in the order in which they run.
[[nodiscard]] std::vector<AttachedProgram> attached_programs(const Netns& netns);
// Those among them whose name says that they are cgtally's.
[[nodiscard]] std::vector<std::string> attached_cgtally(const Netns& netns);

// Counts what it sees, if it is longer than `longer_than`, and returns a verdict.
class ForeignProgram {
 public:
  static constexpr int kNext = -1;
  static constexpr int kPass = 0;  // accepts, and ends the chain
  static constexpr int kDrop = 2;

  ForeignProgram(int verdict, const std::string& name, std::uint32_t longer_than = 0);
  // Sends everything out by another device of the namespace, or has it come in there, and counts
  // nothing.
  static ForeignProgram redirecting_to(int ifindex, const std::string& name,
                                       HookDirection into = HookDirection::egress);

  // At the tail of the tcx chain, or at its head; as a late tc filter where the kernel has no tcx.
  void attach_tcx(const Netns& netns, const std::string& device, HookDirection direction,
                  bool at_head = false);
  // The same in the calling thread's namespace, which may be one that no test has made.
  void attach_tcx_here(const std::string& device, HookDirection direction, bool at_head);
  // As a tc filter; the clsact qdisc is made where there is none. Stays until the device goes.
  void attach_filter(const Netns& netns, const std::string& device, HookDirection direction,
                     std::uint32_t preference, std::uint32_t handle) const;
  // At preference 1, for one protocol alone ("ip", "0x88b5"), so that nobody can share it.
  void attach_narrow_filter(const Netns& netns, const std::string& device, HookDirection direction,
                            const std::string& protocol) const;
  [[nodiscard]] std::uint64_t packets() const;
  [[nodiscard]] std::uint32_t id() const;

 private:
  ForeignProgram() = default;
  sys::Fd map_;
  sys::Fd program_;
  std::vector<sys::Fd> links_;
};

// An XDP program of somebody else, generic, which drops everything.
class XdpDropper {
 public:
  XdpDropper(const Netns& netns, const std::string& device, const std::string& name);
  XdpDropper(const XdpDropper&) = delete;
  XdpDropper& operator=(const XdpDropper&) = delete;
  ~XdpDropper();

  [[nodiscard]] std::uint32_t id() const;

 private:
  const Netns& netns_;
  int ifindex_;
  sys::Fd program_;
};

}  // namespace cgtally::harness
