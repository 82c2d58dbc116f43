// SPDX-License-Identifier: Apache-2.0
// The files that embed_page.cmake turns into a C++ source. page_files.h finds one of them.
#pragma once

#include <span>

#include "adapters/web/page_files.h"

namespace cgtally::web {

[[nodiscard]] std::span<const PageFile> embedded_files();

}  // namespace cgtally::web
