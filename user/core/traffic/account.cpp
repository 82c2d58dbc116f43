// SPDX-License-Identifier: Apache-2.0
// The names of the reasons, as screens and recordings show them. Recordings outlive programs: a
// name that was written once never changes.
#include "core/traffic/account.h"

#include "core/base/enum_names.h"

namespace cgtally {

namespace {

constexpr EnumNames<AccountKind::several> kReasonNames{
    "",         "(not ip)",   "(fragment)", "(forwarded)", "(closing)", "(no socket)",
    "(kernel)", "(overflow)", "(retired)",  "(tunnel)",    "(several)"};

}  // namespace

std::string_view reason_name(AccountKind kind) { return kReasonNames[kind]; }

}  // namespace cgtally
