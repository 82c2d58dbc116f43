// SPDX-License-Identifier: Apache-2.0
// Decides when the kernel is to be asked again whether conntrack can be looked up: its functions
// come with a module, which docker or kube-proxy may load long after cgtally has started.
#pragma once

#include <functional>

namespace cgtally::bpf {

// PacketPrograms has one. Asks nothing itself. There is no way back: programs that use the module's
// functions keep the module from being unloaded.
class ConntrackWatch {
 public:
  explicit ConntrackWatch(bool have) : have_(have) {}

  // True once: when conntrack can be looked up, and could not before. `module_loaded` is cheap and
  // asked each time; `probe` reads all types of the kernel, so it is asked once for each time that
  // the module is there: with a kernel before 5.18 it has no such function.
  bool update(const std::function<bool()>& module_loaded, const std::function<bool()>& probe) {
    if (have_) return false;
    const bool loaded = module_loaded();
    const bool is_news = loaded && !probed_;
    probed_ = loaded;
    have_ = is_news && probe();
    return have_;
  }

 private:
  bool have_;
  bool probed_ = false;  // since the module is there
};

}  // namespace cgtally::bpf
