// SPDX-License-Identifier: Apache-2.0
// The names of the reasons, as screens and recordings show them. Recordings outlive programs: a
// name that has been written once is never changed.
#include "core/traffic/account.h"

namespace cgtally {

std::string_view reason_name(AccountKind kind) {
  switch (kind) {
    case AccountKind::cgroup:
      return {};
    case AccountKind::not_ip:
      return "(not ip)";
    case AccountKind::fragment:
      return "(fragment)";
    case AccountKind::forwarded:
      return "(forwarded)";
    case AccountKind::closing:
      return "(closing)";
    case AccountKind::no_socket:
      return "(no socket)";
    case AccountKind::kernel:
      return "(kernel)";
    case AccountKind::overflow:
      return "(overflow)";
    case AccountKind::retired:
      return "(retired)";
  }
  return {};
}

}  // namespace cgtally
