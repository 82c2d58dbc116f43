# SPDX-License-Identifier: Apache-2.0
# What distributions ask of the programs in their packages: a place in memory that nobody can guess, and the compiler's
# checks of stack, buffers and jumps. The preset `package` has it.
option(CGTALLY_HARDEN "Compile as distributions do, for a package" OFF)
if(CGTALLY_HARDEN)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong> $<$<COMPILE_LANGUAGE:CXX>:-D_FORTIFY_SOURCE=2>
    -Wformat -Werror=format-security)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64)$")
    add_compile_options(-fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_link_options(-pie -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
