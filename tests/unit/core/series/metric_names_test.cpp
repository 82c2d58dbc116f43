// SPDX-License-Identifier: Apache-2.0
// Names of columns against the options by which they are read.
#include "core/series/metric_names.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

std::vector<std::string> doubts(std::string_view name, const char* unit,
                                Direction direction = Direction::tx) {
  return doubts_of(name, direction, *parse_series_unit(unit));
}

TEST(NamesOfColumns, ThatSayTheSameAsTheOptionsRaiseNoDoubt) {
  for (const auto& [name, unit] : {std::pair{"tx", "Mbit/s"},
                                   {"txkB/s", "KiB/s"},
                                   {"txkB/s", "kB/s"},
                                   {"tx_bytes", "total"},
                                   {"NetworkBytesOut", "bytes"},
                                   {"out MBit/s", "Mbit/s"},
                                   {"tx_mbps", "Mbit/s"},
                                   {"send KiB/s", "KiB/s"},
                                   {"ifOutOctets", "total"},
                                   {"tx_bits_per_s", "bit/s"}}) {
    EXPECT_EQ(doubts(name, unit), std::vector<std::string>{}) << name << ' ' << unit;
  }
}

TEST(NamesOfColumns, ThatSayOtherwiseAreDoubtedInOneSentence) {
  const auto only = [](const std::vector<std::string>& all) {
    return all.size() == 1 ? all[0] : std::to_string(all.size()) + " sentences";
  };
  EXPECT_EQ(only(doubts("tx_bits_per_s", "B/s")),
            "column tx_bits_per_s names another unit: read as B/s, as --unit says");
  EXPECT_EQ(only(doubts("txkB/s", "B/s")),
            "column txkB/s names another unit: read as B/s, as --unit says");
  EXPECT_EQ(only(doubts("tx_bytes", "Mbit/s")),
            "column tx_bytes names another unit: read as Mbit/s, as --unit says");
  EXPECT_EQ(only(doubts("txpck/s", "B/s")), "column txpck/s names no bytes: read as B/s");
  EXPECT_EQ(only(doubts("rx", "B/s")),
            "column rx names received traffic: read as sent, as the option says");
  EXPECT_EQ(only(doubts("tx_bytes_per_second", "bytes")),
            "column tx_bytes_per_second names a rate: read as bytes, as --unit says");
  EXPECT_EQ(only(doubts("tx_bytes_total", "bytes")),
            "column tx_bytes_total names a counter: read as bytes, as --unit says (--unit total "
            "for a counter)");
  EXPECT_EQ(only(doubts("tx_kbytes", "total")),
            "column tx_kbytes names another unit: read as total, as --unit says");
  EXPECT_EQ(doubts("sent_mb_per_s", "MB/s"), std::vector<std::string>{});
  EXPECT_EQ(only(doubts("tx_bytes_max", "bytes")),
            "column tx_bytes_max names an extreme: read as the mean of its row");
}

}  // namespace
}  // namespace cgtally
