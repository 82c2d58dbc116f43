// SPDX-License-Identifier: Apache-2.0
#include "adapters/web/page_files.h"

#include <algorithm>

#include "adapters/web/embedded_files.h"

namespace cgtally::web {

const PageFile* find_page_file(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::ranges::find(files, path, &PageFile::path);
  return found == files.end() ? nullptr : &*found;
}

}  // namespace cgtally::web
