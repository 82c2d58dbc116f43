// SPDX-License-Identifier: Apache-2.0
// The files of the live page: those of web/ and the charts of dygraphs, which the build puts into
// the program. `serve` hands them out; nothing is read from the disk and nothing is asked
// elsewhere.
#pragma once

#include <string_view>

namespace cgtally::web {

struct PageFile {
  std::string_view path;     // as it is asked for: "/", "/assets/app.js"
  std::string_view type;     // Content-Type
  std::string_view content;  // UTF-8
};

// The file for a request's path (without query); nullptr if the page has no such file.
[[nodiscard]] const PageFile* find_page_file(std::string_view path);

// The Content-Security-Policy to send with each of them: a page that was tricked into running or
// loading something foreign would still not do it. Styles that dygraphs sets by script are allowed.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace cgtally::web
