# SPDX-License-Identifier: Apache-2.0
# The files of the live page as a C++ source: cmake -DFILES=a.html;b.js -DSOURCE=out.cpp -P embed_page.cmake
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_txt "text/plain; charset=utf-8")

set(entries "")
set(count 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  string(REGEX REPLACE "^.*\\." "" suffix ${name})
  if(NOT DEFINED type_${suffix})
    message(FATAL_ERROR "${file}: a page has no files of the type .${suffix}")
  endif()
  file(READ "${file}" text)
  string(FIND "${text}" ")page\"" closing)
  if(text STREQUAL "" OR NOT closing EQUAL -1)
    message(FATAL_ERROR "${file} is empty, or holds what would end the literal")
  endif()
  # What only a browser's developer tools would ask for is not there.
  string(REGEX REPLACE "(//# sourceMappingURL=[^\n]*|/\\*# sourceMappingURL=[^\n]*\\*/)" "" text "${text}")
  set(path "/assets/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND entries "    {\"${path}\", \"${type_${suffix}}\", R\"page(${text})page\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${SOURCE}" "// Made of web/ and dygraphs.
#include <array>

#include \"adapters/web/embedded_files.h\"

namespace cgtally::web {
namespace {

constexpr std::array<PageFile, ${count}> kFiles{{
${entries}}};

}  // namespace

std::span<const PageFile> embedded_files() { return kFiles; }

}  // namespace cgtally::web
")
