# SPDX-License-Identifier: Apache-2.0
# The package for Debian, by `cpack` in the build of the preset `package`: what `cmake --install` puts, and what dpkg asks
# for beside it. For the release of Debian that it is built on, because it depends on that release's libraries.
# scripts/package builds it in a bare Debian, checks it by lintian, and builds it twice.
# Who builds a package for others answers for it, and gives an address. The domain of this one can belong to nobody (RFC 2606).
set(CGTALLY_MAINTAINER "The cgtally authors <authors@cgtally.invalid>" CACHE STRING "Who answers for the package: Name <address>")
set(debian "")
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release lines REGEX "^VERSION_ID=")
  string(REGEX REPLACE "[^0-9]" "" debian "${lines}")
endif()
# 0.1.0-1+deb12 is older than 0.1.0-1+deb13, so that an upgrade of the host brings the package along.
set(CPACK_DEBIAN_PACKAGE_VERSION "${CGTALLY_DEBIAN_VERSION}-1+deb${debian}")
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "" CACHE STRING "The architecture; empty: that of this host, or of the compiler")
if(NOT CPACK_DEBIAN_PACKAGE_ARCHITECTURE)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
  else()
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE amd64)
  endif()
endif()

# What the program is made of, told by what is really linked: a list for people and one for tools.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_custom_command(OUTPUT ${shipped}/cgtally.cdx.json
    COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=${CGTALLY_SOURCE_EPOCH} ${Python3_EXECUTABLE}
      ${PROJECT_SOURCE_DIR}/scripts/sbom --version ${CGTALLY_VERSION} --build ${CMAKE_BINARY_DIR} --compiler ${CMAKE_CXX_COMPILER}
      --output ${shipped}/cgtally.cdx.json $<TARGET_FILE:cgtally>
    DEPENDS cgtally ${PROJECT_SOURCE_DIR}/scripts/sbom VERBATIM)
  add_custom_target(cgtally_sbom DEPENDS ${shipped}/cgtally.cdx.json)
  install(FILES ${shipped}/cgtally.cdx.json DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
endif()

# Debian's changelog has one entry, of the commit that the package is made of; what has changed is in NEWS.
string(TIMESTAMP epoch "%s" UTC) # where nothing says of when the sources are
if(CGTALLY_SOURCE_EPOCH)
  set(epoch ${CGTALLY_SOURCE_EPOCH})
endif()
file(CONFIGURE OUTPUT ${shipped}/epoch CONTENT "${epoch}\n") # for scripts/package, which need not be in a clone
execute_process(COMMAND date -u -R -d @${epoch} OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE)
file(CONFIGURE OUTPUT ${shipped}/changelog @ONLY CONTENT "cgtally (@CPACK_DEBIAN_PACKAGE_VERSION@) stable; urgency=medium

  * What has changed since the last release is in NEWS.gz.

 -- @CGTALLY_MAINTAINER@  @date@
")
execute_process(COMMAND ${GZIP} -9nc ${shipped}/changelog OUTPUT_FILE ${shipped}/changelog.Debian.gz)
install(FILES ${shipped}/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES packaging/debian/overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME cgtally
  COMPONENT debian EXCLUDE_FROM_ALL)
file(WRITE ${shipped}/conffiles "/etc/default/cgtally\n")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cgtally)
set(CPACK_PACKAGE_VERSION ${CGTALLY_VERSION})
set(CPACK_PACKAGE_CONTACT "${CGTALLY_MAINTAINER}")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "count network traffic per cgroup, exactly, in the kernel")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Every packet of an interface is booked on the cgroup whose socket sends or
receives it, or on an account that says why there is none, by BPF programs
that change no packet. The sums are those of the wire. cgtally also shows
microbursts with who caused them, estimates the network credits of cloud
instances, and serves its figures to Prometheus and browsers.

The package starts a keeper, which counts every uplink from then on.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(CGTALLY_STATIC)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/preinst
  ${PROJECT_SOURCE_DIR}/packaging/debian/postinst ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
  ${PROJECT_SOURCE_DIR}/packaging/debian/postrm ${shipped}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
  WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL Unspecified debian)
include(CPack)
