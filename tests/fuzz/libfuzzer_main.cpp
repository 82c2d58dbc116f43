// SPDX-License-Identifier: Apache-2.0
// Under libFuzzer: CGTALLY_FUZZ_TARGET names the target. scripts/fuzz starts it.
#include <cstdint>

#include "fuzz/target.h"

namespace {
const cgtally::fuzz::Target* chosen = nullptr;
}  // namespace

// NOLINTBEGIN(readability-identifier-naming): libFuzzer calls them by these names
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* name = std::getenv("CGTALLY_FUZZ_TARGET");
  chosen = &cgtally::fuzz::target_named(name != nullptr ? name : "");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
// NOLINTEND(readability-identifier-naming)
