// SPDX-License-Identifier: Apache-2.0
// The names of the reasons, as screens and recordings show them. Recordings outlive programs: a
// name that was written once never changes.
#include "core/traffic/account.h"

#include "core/base/enum_names.h"

namespace cgtally {

namespace {

constexpr EnumNames<AccountKind::folded> kReasonNames{
    "",         "(not ip)",   "(fragment)", "(forwarded)", "(closing)", "(no socket)",
    "(kernel)", "(overflow)", "(retired)",  "(tunnel)",    "(several)", "(folded)"};

}  // namespace

std::string_view reason_name(AccountKind kind) { return kReasonNames[kind]; }

std::string folded_name(std::string_view path) {
  std::string name(path);
  if (!name.ends_with('/')) name += '/';
  return name.append(reason_name(AccountKind::folded));
}

bool is_folded_row(std::uint64_t cgroup_id, std::string_view account) {
  return cgroup_id == 0 && account.starts_with('/') &&
         account.ends_with(reason_name(AccountKind::folded));
}

}  // namespace cgtally
