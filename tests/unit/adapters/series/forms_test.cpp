// SPDX-License-Identifier: Apache-2.0
// Forms of tables that people have: what is read, and what is refused with the way out.
#include "unit/adapters/series/form.h"

namespace cgtally::series {
namespace {

using namespace std::chrono_literals;

TEST(Forms, ThatMonitorsPrintForPeopleAreRefusedWithWhatToExport) {
  const std::pair<const char*, const char*> forms[] = {
      {"Linux 6.1.0 (web1) \t11/26/2026 \t_x86_64_\t(2 CPU)\n\n12:00:01 AM IFACE rxkB/s\n",
       "sadf -d FILE -- -n DEV"},
      {"web1\t60\t1795700000\teth0\ttxkB/s\t12207.03\n", "sadf -d FILE -- -n DEV"},
      {"# hostname;interval;timestamp;CPU;%user\nweb1;60;2026-11-26 10:00:00 UTC;-1;0\n",
       "sadf -d FILE -- -n DEV"},
      {"# hostname;interval;timestamp;IFACE;rxerr/s\nweb1;60;2026-11-26 10:00:00 UTC;eth0;0\n",
       "sadf -d FILE -- -n DEV"},
      {"# hostname;interval;timestamp;IFACE;rxkB/s;txkB/s[...]\n", "without -h"},
      {"<?xml version=\"1.0\"?>\n<sysstat>\n", "sadf -d FILE -- -n DEV"},
      {"\n eth0  /  5 minute\n\n  time  rx | tx | total | avg. rate\n", "vnstat --json"},
      {"Inter-|   Receive  |  Transmit\n face |bytes\n", "dstat --epoch --net --output FILE"},
      {"1795687200\nInter-|   Receive  |  Transmit\n", "dstat --epoch --net --output FILE"},
      {"10:00:01 AM IFACE rxpck/s txpck/s rxkB/s\n10:01:01 AM eth0 1 1 1\n", "sadf -d FILE"},
      {"- Datapoints:\n  - Sum: 7.0\n    Timestamp: '2026-11-26T10:00:00Z'\n", "--output json"},
      {"time tx\n1795687200 5\n", "put commas, semicolons or tabs between columns"},
      {"\"Title:\",\"web1\"\n\"Date\",\"Outbound\"\n", "delete the lines above the names"},
      {"\xFD\x37zXZ\n", "unpack it"},
      {"# HELP node_network_transmit_bytes_total x\n# TYPE node_network counter\n",
       "/api/v1/query_range"},
      {"time;boot_ns;interval_ns;host\n1;2;3;vm\n", "as cgtally wrote it"},
      {"Datapoints:\n- Sum: 7.0\n  Timestamp: '2026-11-26T10:00:00Z'\n", "--output json"},
      {"<!DOCTYPE html><html><body>Log in</body></html>\n", "as CSV or JSON"},
      {"time,tx\r2026-11-26 10:00:00,5\r2026-11-26 10:01:00,5\r", "tr '\\r' '\\n'"},
  };
  for (const auto& [content, cure] : forms) {
    const Form form = read_form(content);
    EXPECT_NE(form.error, "") << content;
    EXPECT_TRUE(has(form.hint, cure)) << content << form.error << " / " << form.hint;
  }
}

TEST(Forms, WithoutAnyNameOfAColumnAreRefused) {
  for (const std::string content : {",", ",,\n1,2\n", "\"\"\n", ":\n"}) {
    EXPECT_NE(read_form(content).error, "") << content;
  }
}

TEST(Forms, OfDstatWithEpochHaveAGroupOfThatName) {
  const Form form = read_form(
      "\"Dstat 0.7.4 CSV output\"\n\"Host:\",\"web1\"\n"
      "\"Cmdline:\",\"dstat -Tn\",,,,\"Date:\",\"26 Nov 2026 10:00:00 UTC\"\n\n"
      "\"epoch\",\"net/total\",\n\"epoch\",\"recv\",\"send\"\n"
      "1795687200.12,0.0,1.0\n1795687201.12,0.0,12500000.0\n1795687202.12,0.0,12500000.0\n");
  EXPECT_EQ(form.error, "");
  EXPECT_NEAR(form.first_mbit, 100, 1e-9);
}

TEST(Forms, WithUnitsInTheFiguresNeedNoUnitTold) {
  EXPECT_NEAR(read_form("\"Time\",\"transmit\"\n2026-11-26 10:00:00,12.5 MB/s\n"
                        "2026-11-26 10:01:00,100 Mb/s\n")
                  .first_mbit,
              100, 1e-9);
  EXPECT_TRUE(has(read_form("Time,transmit\n2026-11-26 10:00:00,100 Mb/s\n"
                            "2026-11-26 10:01:00,12500000\n")
                      .error,
                  "the unit of column transmit is not in the file"));
}

TEST(Forms, WithTheDateAndTheTimeOfDayInTwoColumnsAreRead) {
  for (const char* const date : {"2026-11-26", "20261126", "26.11.2026"}) {
    const std::string day = date;
    const Form form = read_form("#Date,Time,[NET]TxKBTot\n" + day + ",10:00:00,12207.03125\n" +
                                    day + ",10:00:01,12207.03125\n",
                                sent("[NET]TxKBTot", "KiB/s"));
    EXPECT_EQ(form.error, "") << date;
    EXPECT_NEAR(form.first_mbit, 100, 1e-9);
    EXPECT_EQ(form.facts.end, 1'795'687'201s);
  }
}

TEST(Forms, OfSpreadsheetsWithDaysAreNoSeconds) {
  const Form form =
      read_form("time,tx\n46352.4166667,5\n46352.4173611,5\n46352.4180556,5\n", sent("tx", "B/s"));
  EXPECT_TRUE(has(form.error, "can be read two ways: the days of a spreadsheet")) << form.error;
  // Seconds since a start, ten of them in a second.
  EXPECT_EQ(read_form("time,tx\n46352.1,5\n46352.2,5\n46352.3,5\n", sent("tx", "B/s")).error, "");
}

// Two of them would otherwise be one series of the sum of their rows.
TEST(Forms, WithRowsOfSeveralThingsAreNeverOneSeries) {
  const auto rows = [](const std::string& column, const char* one, const char* other) {
    std::string text = "time," + column + ",tx\n";
    for (int i = 0; i < 4; ++i) {
      const std::string minute = std::to_string(1'795'700'000 + 60 * i);
      text += minute + "," + one + ",5\n" + minute + "," + other + ",5\n";
    }
    return text;
  };
  const ReadOptions options = sent("tx", "Mbit/s");
  for (const char* const column : {"metric", "itemid", "tags", "_field", "Direction"}) {
    const Form form = read_form(rows(column, "a", "b"), options);
    EXPECT_TRUE(has(form.error, std::string(": line 3: column ") + column + " is b, and a before"))
        << form.error;
    EXPECT_EQ(read_form(rows(column, "a", "a"), options).error, "") << column;
  }
  for (const char* const column : {"device", "ifname", "NIC"}) {
    EXPECT_TRUE(has(read_form(rows(column, "eth0", "eth1"), options).error,
                    "it has several series: eth0, eth1"));
    const Form form = read_form(rows(column, "lo", "eth0"), options);
    EXPECT_EQ(form.error, "");
    EXPECT_EQ(form.notes, std::vector<std::string>{"left out: lo"});
    EXPECT_NEAR(form.first_mbit, 5, 1e-9);
  }
}

TEST(Forms, WithSeveralHostsAreANodeForEach) {
  std::string text = "time,host,tx\n";
  for (int i = 0; i < 4; ++i) {
    const std::string minute = std::to_string(1'795'700'000 + 60 * i);
    text += minute + ",web1,5\n" + minute + ",web2,9\n";
  }
  const std::string path = testing::TempDir() + "hosts-" + std::to_string(::getpid()) + ".csv";
  std::ofstream(path) << text;
  auto input = text::Input::open(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(input);
  const auto read = read_series(*input, sent("tx", "Mbit/s"));
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->at(0).node, "web1");
  EXPECT_EQ(read->at(1).node, "web2");
  EXPECT_EQ(read->at(1).points.size(), 4U);
  EXPECT_EQ(read->at(1).points[0].value.tx, 9);
}

TEST(Forms, WithSlashesInDatesAreReadByADayAfterTheTwelfth) {
  const ReadOptions options = sent("tx", "Mbit/s");
  // The first two may be of either order; the third tells.
  const Form us =
      read_form("time,tx\n11/11/2026 10:00,5\n11/12/2026 10:00,5\n11/13/2026 10:00,5\n", options);
  EXPECT_EQ(us.error, "");
  EXPECT_EQ(us.facts.end, 1'794'564'000s);
  const Form uk =
      read_form("time,tx\n11/11/2026 10:00,5\n12/11/2026 10:00,5\n13/11/2026 10:00,5\n", options);
  EXPECT_EQ(uk.error, "");
  EXPECT_EQ(uk.facts.end, 1'794'564'000s);
  EXPECT_TRUE(has(read_form("time,tx\n11/12/2026 10:00,5\n11/12/2026 11:00,5\n", options).error,
                  "line 2: column of the time: \"11/12/2026 10:00\" can be read two ways: day or "
                  "month first"));
  EXPECT_TRUE(
      has(read_form("time,tx\n26/11/2026 10:00,5\n11/27/2026 10:00,5\n", options).error,
          "\"11/27/2026 10:00\" has the month first, and \"26/11/2026 10:00\" of line 2 the "
          "other"));
}

TEST(Forms, WithSemicolonsAndThreeDecimalsAloneNeedTheirMark) {
  ReadOptions options = sent("tx", "kbit/s");
  const std::string text = "time;tx\n1795700000;40.000\n1795700060;41.500\n";
  EXPECT_TRUE(has(read_form(text, options).error,
                  "line 2: column tx: \"40.000\" can be read two ways: 40 or 40000"))
      << read_form(text, options).error;
  // Where thousands are not separated, and in a file with commas, it is a decimal point.
  EXPECT_NEAR(read_form(text + "1795700120;41500\n", options).first_mbit, 0.04, 1e-9);
  EXPECT_NEAR(read_form("time,tx\n1795700000,40.000\n1795700060,41.500\n", options).first_mbit,
              0.04, 1e-9);
  options.decimal = DecimalMark::comma;
  EXPECT_NEAR(read_form(text, options).first_mbit, 40, 1e-9);
}

TEST(Forms, WithAClockOfTwelveHoursNeedAmAndPm) {
  const ReadOptions options = sent("tx", "B/s");
  EXPECT_TRUE(has(read_form("time,tx\n2026-11-26 12:57:00,5\n2026-11-26 12:58:00,5\n"
                            "2026-11-26 12:59:00,5\n2026-11-26 01:00:00,5\n",
                            options)
                      .hint,
                  "neither AM nor PM"));
  EXPECT_TRUE(
      has(read_form("time,tx\n12:57:00,5\n12:58:00,5\n12:59:00,5\n01:00:00,5\n", options).hint,
          "neither AM nor PM"));
  const Form half =
      read_form("time,tx\n11:58:00 PM,5\n11:59:00 PM,5\n12:00:00 AM,5\n12:01:00 AM,5\n", options);
  EXPECT_EQ(half.error, "");
  EXPECT_EQ(half.facts.end - half.facts.begin, 4min);
}

TEST(Forms, WithoutAnEndOfTheLastLineMayHaveACutFigure) {
  const std::string rows = "time,tx\n2026-11-26T10:00:00Z,12500000\n2026-11-26T10:01:00Z,1250";
  const Form cut = read_form(rows, sent("tx", "B/s"));
  ASSERT_EQ(cut.notes.size(), 1U);
  EXPECT_EQ(cut.notes[0], "the last line (3) has no end: its figure, 1250, may be cut");
  EXPECT_TRUE(read_form(rows + "\n", sent("tx", "B/s")).notes.empty());
  EXPECT_TRUE(read_form(rows + "0000", sent("tx", "B/s")).notes.empty());
}

TEST(Forms, WithRemarksBeforeTheHeaderAreRead) {
  EXPECT_EQ(
      read_form("# host web1\n# by hand\ntime;tx\n1795687200;5\n1795687260;5\n", sent("tx", "B/s"))
          .error,
      "");
  ReadOptions influx = sent("_value", "B/s");
  influx.time_column = "_time";
  EXPECT_EQ(read_form("#group,false,false,true\n#datatype,string,long,dateTime\n"
                      "#default,_result,,\n,result,_time,_value\n"
                      ",,2026-11-26T10:00:00Z,12500000\n,,2026-11-26T10:01:00Z,12500000\n",
                      influx)
                .error,
            "");
  EXPECT_TRUE(has(read_form("web1,2026-11-26 10:00:00,5\nweb1,2026-11-26 10:01:00,5\n").hint,
                  "the first line must have the names of the columns"));
}

TEST(Forms, OfTablesPutTogetherHaveOneOrderOfColumns) {
  const ReadOptions options = sent("tx", "B/s");
  const std::string rows = "time,rx,tx\n1795687200,1,12500000\n";
  EXPECT_EQ(read_form(rows + "time,rx,tx\n1795687260,1,12500000\n", options).error, "");
  EXPECT_TRUE(has(read_form(rows + "time,tx,rx\n1795687260,12500000,1\n", options).error,
                  "line 3: another header, time, tx, rx"));
  EXPECT_TRUE(has(read_form(rows + "tx,rx,time\n12500000,1,1795687260\n", options).error,
                  "line 3: another header, tx, rx, time"));
}

TEST(Forms, WithAColumnOfUnitsHaveOneUnit) {
  const ReadOptions options = sent("tx", "MB/s");
  EXPECT_TRUE(has(read_form("time,tx,unit\n1795687200,5,MB/s\n1795687260,9,kB/s\n", options).error,
                  "line 3: column unit is kB/s, and MB/s before"));
  const Form other = read_form("time,tx,Unit\n1795687200,5,Mbit/s\n1795687260,9,Mbit/s\n", options);
  EXPECT_EQ(other.notes, std::vector<std::string>{"column Unit Mbit/s names another unit: read as "
                                                  "MB/s, as --unit says"});
  EXPECT_EQ(read_form("time,tx,unit\n1795687200,5,MB/s\n1795687260,,\n1795687320,9,MB/s\n", options)
                .error,
            "");
}

TEST(Forms, WhoseColumnIsFoundHaveItsUnitDoubtedToo) {
  ReadOptions options;
  options.unit = *parse_series_unit("Mbit/s");
  const Form form = read_form("time,Sent (MB/s)\n1795687200,5\n1795687260,5\n", options);
  EXPECT_EQ(form.notes, std::vector<std::string>{"column Sent (MB/s) names another unit: read as "
                                                 "Mbit/s, as --unit says"});
  EXPECT_TRUE(has(read_form("time,swap_in,swap_out,disk_out\n1795687200,5,5,5\n", options).error,
                  "no column says that it has sent or received traffic"));
  EXPECT_EQ(read_form("time,tx_bytes,tx_dropped\n1795687200,5,0\n1795687260,5,0\n", options).error,
            "");
}

TEST(Forms, WithoutInterfacesLeaveNothingToChoose) {
  ReadOptions options = sent("eth0_tx", "B/s");
  options.interfaces = {"eth1"};
  EXPECT_TRUE(has(read_form("time,eth0_tx\n1795687200,5\n1795687260,5\n", options).error,
                  "its rows name no interface, so -i cannot choose"));
}

TEST(Forms, WithFiguresThatASpreadsheetRoundedAreNoCounters) {
  const std::string rows = "time,tx\n1795687200,1.23457E+12\n1795687260,1.23487E+12\n";
  EXPECT_TRUE(
      has(read_form(rows, sent("tx", "total")).error, "line 2: column tx: 1.23457E+12 is rounded"));
  EXPECT_EQ(read_form(rows, sent("tx", "B/s")).error, "");
  EXPECT_EQ(read_form("time,tx\n1795687200,1.234567890123e+12\n1795687260,1.234567890124e+12\n",
                      sent("tx", "total"))
                .error,
            "");
}

TEST(Forms, WithUnitsInNegativeFiguresSayWhy) {
  EXPECT_TRUE(has(read_form("time,tx\n1795687200,-40 Mb/s\n1795687260,-40 Mb/s\n").hint,
                  "export it without the sign"));
  EXPECT_NEAR(read_form("time,tx\n1795687200,12.5 MBs\n1795687260,100 Mbits/sec\n").first_mbit, 100,
              1e-9);
}

// Whatever the column is called.
TEST(Forms, WithWordsThatTakeTurnsAreOfSeveralThings) {
  const auto rows = [](const std::vector<std::string>& words) {
    std::string text = "time,box,tx\n";
    for (std::size_t i = 0; i < words.size(); ++i) {
      text += std::to_string(1'795'687'200 + 30 * i) + "," + words[i] + ",5\n";
    }
    return read_form(text, sent("tx", "B/s"));
  };
  EXPECT_TRUE(has(rows({"a", "b", "a", "b"}).error, "column box is a, b in turn"));
  EXPECT_TRUE(has(rows({"a", "b", "c", "a", "b", "c"}).error, "column box is a, b, c in turn"));
  EXPECT_EQ(rows({"ok", "ok", "late", "ok", "ok", "ok"}).error, "");
  EXPECT_EQ(rows({"10", "20", "10", "20"}).error, "");  // figures
  EXPECT_EQ(rows({"NaN", "null", "NaN", "null"}).error, "");
  EXPECT_EQ(rows({"up", "up", "down", "up", "up", "down", "down", "up"}).error, "");
  EXPECT_EQ(rows({"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu",
                  "Fri", "Sat", "Sun"})
                .error,
            "");
  EXPECT_EQ(rows({"mon", "tue", "wed", "thu"}).error, "");
}

TEST(Forms, WithTimesSinceAStartAreInSeconds) {
  const std::string rows = ",tx\n0,5\n60000,5\n120000,5\n";
  const Form plain = read_form("time" + rows, sent("tx", "B/s"));
  EXPECT_EQ(plain.notes, std::vector<std::string>{"times are small numbers: read as seconds since "
                                                  "a start"});
  ReadOptions options = sent("tx", "B/s");
  for (const std::string name : {"time_ms", "minute"}) {
    options.time_column = name;
    EXPECT_TRUE(
        has(read_form(name + rows, options).error, "names no seconds, and counts from a start"));
  }
  EXPECT_EQ(read_form("minute,tx\n10:00:00,5\n10:01:00,5\n", options).error, "");
  options.time_column = "epoch_ms";
  EXPECT_EQ(read_form("epoch_ms,tx\n1795687200000,5\n1795687260000,5\n", options).error, "");
}

TEST(Forms, OfTheConsoleOfCloudWatchHaveNoMoreFieldsThanMetrics) {
  EXPECT_TRUE(
      has(read_form("Full label,NetworkOut\nMetric name,NetworkOut\nStatistic,Sum\n\n"
                    "2026/11/26 10:00:00,1,500,000,000\n2026/11/26 10:05:00,1,500,000,000\n")
              .error,
          "line 5: 5 fields, and the lines above have 2"));
  EXPECT_EQ(read_form("Full label,NetworkOut,\nMetric name,NetworkOut,\nStatistic,Sum,\n\n"
                      "2026/11/26 10:00:00,1500000000,\n2026/11/26 10:05:00,1500000000,\n")
                .error,
            "");
}

}  // namespace
}  // namespace cgtally::series
