// SPDX-License-Identifier: Apache-2.0
// A network namespace that this process makes for itself. It has no name: nothing but descriptors
// and processes hold it, so that it ends with them, devices and all, whatever ended them.
#pragma once

#include <string>

#include "adapters/netns/netns.h"
#include "core/base/result.h"

namespace cgtally::netns {

// Has only lo, which is down. The calling thread stays where it is.
Result<Netns> make_netns();

// "net/ipv4/ip_forward" of the calling thread's netns.
Result<void> set_sysctl(const std::string& key, const std::string& value);

}  // namespace cgtally::netns
