# SPDX-License-Identifier: Apache-2.0
# Toolchain: builds for 64-bit Arm (Graviton and the like) on Debian of another architecture, by Debian's cross compiler and
# its packages of foreign architectures (`sudo ./scripts/setup arm64` installs them). BPF objects need no other compiler:
# their code is the same on both, and the few kernel types are relocated when they are loaded.
# What was built runs here by QEMU's user mode, if that is installed; so do the tests of the tiers unit and golden.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# Headers that are the same everywhere lie in /usr/include; libraries and their descriptions have a directory of their own.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

find_program(QEMU_AARCH64 NAMES qemu-aarch64-static qemu-aarch64)
if(QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${QEMU_AARCH64})
endif()
