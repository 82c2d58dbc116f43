# SPDX-License-Identifier: Apache-2.0
# The version that the program says and that a package has: of git where there is a history, of the archive that git made,
# else PROJECT_VERSION alone. On the commit that is tagged v0.1.0 it is 0.1.0; 12 commits later 0.1.0+12.g1234567; where no
# tag is, what leads to the release: 0.1.0-dev.345.g1234567 (a shallow clone cannot count, and says 0). A clone of which git
# says nothing is no release: 0.1.0-dev, and a warning.
# Sets CGTALLY_VERSION, CGTALLY_DEBIAN_VERSION (the same in dpkg's order) and CGTALLY_SOURCE_EPOCH (of the commit).
option(CGTALLY_VERSION_OF_GIT "Ask git for the version; OFF: PROJECT_VERSION alone, and no new link at each commit" ON)
set(CGTALLY_SET_VERSION "" CACHE STRING "The version, where neither git nor an archive can say it")

# Filled in by `git archive` (.gitattributes): what describes the commit, its hash, its time.
set(archived "$Format:%(describe:tags=true,match=v*)$" "$Format:%h$" "$Format:%ct$")

# Also of a clone that another user owns, as root's builds have it: git refuses that, but who builds a tree runs it anyway.
function(cgtally_git result)
  execute_process(COMMAND git -c safe.directory=* -C ${PROJECT_SOURCE_DIR} ${ARGN} OUTPUT_VARIABLE said ERROR_QUIET
    RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    set(said "")
  endif()
  set(${result} "${said}" PARENT_SCOPE)
endfunction()

# v0.1.0 and v0.1.0-12-g1234567, as git describes commits.
function(cgtally_described text result)
  string(REGEX REPLACE "^v" "" text "${text}")
  string(REGEX REPLACE "-([0-9]+)-(g[0-9a-f]+)$" "+\\1.\\2" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

function(cgtally_version_of_git)
  cgtally_git(top rev-parse --show-toplevel)
  file(REAL_PATH ${PROJECT_SOURCE_DIR} here)
  if(NOT top AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
    message(WARNING "git says nothing of ${PROJECT_SOURCE_DIR}, or is not installed: the version is ${PROJECT_VERSION}-dev. "
      "Run `git -C ${PROJECT_SOURCE_DIR} log -1` to see why, or give the version by -DCGTALLY_SET_VERSION=")
    set(CGTALLY_VERSION "${PROJECT_VERSION}-dev" PARENT_SCOPE)
    return()
  endif()
  if(NOT top STREQUAL here) # a copy of the sources within another repository
    return()
  endif()
  cgtally_git(epoch log -1 --format=%ct)
  set(CGTALLY_SOURCE_EPOCH "${epoch}" PARENT_SCOPE)
  cgtally_git(log rev-parse --path-format=absolute --git-path logs/HEAD)
  if(EXISTS "${log}") # each commit and checkout adds a line: asked again then
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${log}")
  endif()
  cgtally_git(described describe --tags --match "v[0-9]*" --abbrev=7)
  if(described)
    cgtally_described("${described}" version)
  else()
    cgtally_git(hash rev-parse --short=7 HEAD)
    cgtally_git(shallow rev-parse --is-shallow-repository)
    cgtally_git(commits rev-list --count HEAD)
    if(NOT shallow STREQUAL "false")
      set(commits 0)
    endif()
    set(version "${PROJECT_VERSION}-dev.${commits}.g${hash}")
  endif()
  set(CGTALLY_VERSION "${version}" PARENT_SCOPE)
endfunction()

set(CGTALLY_VERSION "")
set(CGTALLY_SOURCE_EPOCH "")
list(GET archived 0 described)
list(GET archived 1 hash)
list(GET archived 2 epoch)
if(CGTALLY_SET_VERSION)
  set(CGTALLY_VERSION "${CGTALLY_SET_VERSION}")
elseif(NOT hash MATCHES "Format")
  set(CGTALLY_SOURCE_EPOCH "${epoch}")
  cgtally_described("${described}" CGTALLY_VERSION)
  if(NOT CGTALLY_VERSION)
    set(CGTALLY_VERSION "${PROJECT_VERSION}-dev.0.g${hash}")
  endif()
elseif(CGTALLY_VERSION_OF_GIT)
  cgtally_version_of_git()
endif()
if(NOT CGTALLY_VERSION)
  set(CGTALLY_VERSION "${PROJECT_VERSION}")
endif()
# dpkg sorts ~ before the end of a text, so that the release is newer than what led to it.
string(REPLACE "-dev" "~dev" CGTALLY_DEBIAN_VERSION "${CGTALLY_VERSION}")
