// SPDX-License-Identifier: Apache-2.0
#include "core/serve/node_state.h"

#include "core/base/enum_names.h"

namespace cgtally::serve {
namespace {

constexpr EnumNames<Source::replay> kSourceNames{"pinned", "private", "replay"};

}  // namespace

std::string_view source_name(Source source) { return kSourceNames[source]; }

}  // namespace cgtally::serve
