// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share.
#pragma once

#include <string>

namespace cgtally::lifecycle {

inline const std::string kContainerId =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

}  // namespace cgtally::lifecycle
