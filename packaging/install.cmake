# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, and the package the same: the program, its pages, what shells complete, the units with
# the settings that they read, and examples. scripts/uninstall removes what is below /usr/local by the list that cmake
# leaves. bin, not sbin: `cgtally replay` and `cgtally size` are for every user.
install(TARGETS cgtally RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The time of the commit, so that each build of it writes the same bytes.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(CGTALLY_SOURCE_EPOCH $ENV{SOURCE_DATE_EPOCH})
endif()
find_program(GZIP gzip REQUIRED)
set(shipped ${CMAKE_BINARY_DIR}/shipped)
file(MAKE_DIRECTORY ${shipped})

function(cgtally_compress source name)
  add_custom_command(OUTPUT ${shipped}/${name} COMMAND ${GZIP} -9nc ${source} > ${shipped}/${name} DEPENDS ${source} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY cgtally_shipped ${shipped}/${name})
endfunction()

# A unit as it is in share/, with the program and the settings where this prefix has them.
function(cgtally_unit name)
  file(READ ${PROJECT_SOURCE_DIR}/share/${name} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/share/${name})
  string(REPLACE "/usr/local/bin/" "${CMAKE_INSTALL_FULL_BINDIR}/" text "${text}")
  string(REPLACE "/etc/default/cgtally" "${CMAKE_INSTALL_FULL_SYSCONFDIR}/default/cgtally" text "${text}")
  file(CONFIGURE OUTPUT ${shipped}/${name} CONTENT "${text}" @ONLY)
  install(FILES ${shipped}/${name} DESTINATION ${CGTALLY_UNITDIR})
endfunction()

set(CGTALLY_UNITDIR lib/systemd/system CACHE STRING "Where systemd finds units, below the prefix")
set(functions site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr") # as Debian has it
  set(functions vendor-completions)
endif()

# The page in the sources names the release that they lead to.
file(READ ${PROJECT_SOURCE_DIR}/man/cgtally.8 page)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/cgtally.8)
string(REGEX REPLACE "\"cgtally [^\"]+\"" "\"cgtally ${CGTALLY_VERSION}\"" page "${page}")
file(CONFIGURE OUTPUT ${shipped}/cgtally.8 CONTENT "${page}" @ONLY)
cgtally_compress(${shipped}/cgtally.8 cgtally.8.gz)
cgtally_compress(${PROJECT_SOURCE_DIR}/CHANGELOG.md NEWS.gz)
get_property(compressed GLOBAL PROPERTY cgtally_shipped)
add_custom_target(cgtally_shipped ALL DEPENDS ${compressed})
add_dependencies(cgtally cgtally_shipped)

install(FILES ${shipped}/cgtally.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES share/completions/cgtally.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME cgtally)
install(FILES share/completions/cgtally.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${functions} RENAME _cgtally)
install(FILES share/completions/cgtally.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES packaging/cgtally.default DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/default RENAME cgtally)
cgtally_unit(cgtally.service)
cgtally_unit(cgtally-serve.service)
install(FILES packaging/debian/copyright ${shipped}/NEWS.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES share/sample.csv share/compose.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY share/prometheus share/grafana share/kubernetes DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
