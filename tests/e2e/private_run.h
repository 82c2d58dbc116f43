// SPDX-License-Identifier: Apache-2.0
// A wire whose host end a command counts with private programs, as long as it runs.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include "harness/host/command.h"
#include "harness/ledger/pinned.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

class PrivateRunTest : public testing::Test {
 protected:
  [[nodiscard]] Words command(const std::string& name, const Words& more) const {
    Words words{CGTALLY_BINARY, name, "--private", "-i", "cgt0", "--netns", wire.host().name()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static Finished end(Running& program) {
    program.signal(SIGINT);
    auto finished = program.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished;
  }

  Wire wire;
};

}  // namespace cgtally::harness
