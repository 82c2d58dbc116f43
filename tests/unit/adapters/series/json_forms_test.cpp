// SPDX-License-Identifier: Apache-2.0
// JSON that people have: what would be misread is refused, or said.
#include "unit/adapters/series/form.h"

namespace cgtally::series {
namespace {

std::string metric_data(const std::string& label) {
  return R"({"MetricDataResults": [{"Id": "e1", "Label": ")" + label +
         R"(", "Timestamps": ["2026-11-26T10:00:00Z", "2026-11-26T10:05:00Z"],
             "Values": [12.5, 12.5]}]})";
}

TEST(Forms, OfCloudWatchWhoseNameSaysARateNeedItsUnit) {
  for (const char* const label :
       {"NetworkOut (Mbit/s)", "NetworkOut MB/s", "NetworkOut rate", "NetworkOut/PERIOD(m1)"}) {
    const Form form = read_form(metric_data(label));
    EXPECT_TRUE(has(form.error, "says something else than bytes in a period")) << label;
    EXPECT_TRUE(has(form.hint, "--unit")) << label;
    ReadOptions options;
    options.unit = *parse_series_unit("MB/s");
    EXPECT_NEAR(read_form(metric_data(label), options).first_mbit, 100, 1e-9) << label;
  }
  EXPECT_EQ(read_form(metric_data("web/server NetworkOut")).error, "");
  EXPECT_TRUE(has(read_form(metric_data("NetworkOut p99")).hint, "export the Sum"));
}

TEST(Forms, OfCloudWatchWithoutAUsableStatisticNameTheSum) {
  const auto points = [](const std::string& point) {
    return R"({"Label": "NetworkOut", "Datapoints": [{"Timestamp": "2026-11-26T10:00:00Z", )" +
           point + "}]}";
  };
  for (const char* const point : {R"("SampleCount": 5, "Unit": "Bytes")",
                                  R"("ExtendedStatistics": {"p99": 5.0}, "Unit": "Bytes")"}) {
    EXPECT_TRUE(has(read_form(points(point)).hint, "export the Sum")) << point;
  }
  EXPECT_TRUE(has(read_form(points(R"("Sum": 5, "Unit": "Megabytes")")).hint, "multiply"));
}

TEST(Forms, OfCloudWatchDoubtAUnitThatTheFileContradicts) {
  const auto answer = [](const std::string& label, const std::string& unit) {
    return R"({"Label": ")" + label + R"(", "Datapoints": [{"Timestamp": "2026-11-26T10:00:00Z",
        "Sum": 5.0, "Unit": ")" +
           unit + R"("}, {"Timestamp": "2026-11-26T10:05:00Z", "Sum": 5.0,
        "Unit": ")" +
           unit + R"("}]})";
  };
  ReadOptions options;
  options.unit = *parse_series_unit("MB/s");
  EXPECT_EQ(read_form(answer("NetworkOut", "Bytes"), options).notes,
            std::vector<std::string>{"CloudWatch writes bytes; read as MB/s, as --unit says"});
  EXPECT_TRUE(read_form(answer("NetworkOut MB/s", "None"), options).notes.empty());
  EXPECT_TRUE(has(read_form(answer("NetworkOut MB/s", "None")).error, "says something else"));
}

std::string prometheus(const std::string& more, const std::string& values) {
  return R"({"status": "success", "data": {"resultType": "matrix", "result": [)" + values + "]}" +
         more + "}";
}

TEST(Forms, OfPrometheusHaveOneSeriesForAnInterface) {
  const auto pod = [](const std::string& name, const std::string& minute) {
    return R"({"metric": {"__name__": "container_network_transmit_bytes_total", "interface": "eth0",
               "pod": ")" +
           name + R"("}, "values": [[17956872)" + minute + R"(, "5"], [17956873)" + minute +
           R"(, "12500005"]]})";
  };
  EXPECT_EQ(read_form(prometheus("", pod("a", "00"))).error, "");
  const Form form = read_form(prometheus("", pod("a", "00") + "," + pod("b", "60")));
  EXPECT_TRUE(has(form.error, "several series are of one interface")) << form.error;
  EXPECT_TRUE(has(form.hint, "sum by"));
  for (const char* const more : {R"(, "warnings": ["store-1"])", R"(, "isPartial": true)"}) {
    EXPECT_EQ(read_form(prometheus(more, pod("a", "00"))).notes.size(), 1U) << more;
  }
  EXPECT_TRUE(read_form(prometheus(R"(, "isPartial": false)", pod("a", "00"))).notes.empty());
}

TEST(Forms, OfLinesOfJsonSayHowToMakeACsv) {
  EXPECT_TRUE(
      has(read_form("{\"time\": 1795687200, \"tx\": 5}\n{\"time\": 1795687260}\n").hint, "jq -r"));
}

TEST(Forms, OfPrometheusDoubtAUnitThatTheNameContradicts) {
  const std::string answer =
      prometheus("", R"({"metric": {"__name__": "node_network_transmit_bytes_total"}, "values":
                        [[1795687200, "5"], [1795687260, "12500005"]]})");
  ReadOptions options;
  options.unit = *parse_series_unit("B/s");
  const Form form = read_form(answer, options);
  ASSERT_EQ(form.notes.size(), 1U);
  EXPECT_TRUE(has(form.notes[0], "names a counter: read as B/s")) << form.notes[0];
}

std::string sysstat_host(const std::string& name) {
  return R"({"nodename": ")" + name + R"(", "statistics": [{"timestamp": {"date": "2026-11-26",
            "time": "10:00:00", "utc": 1, "interval": 60}, "network": {"net-dev": [
            {"iface": "eth0", "rxkB": 1.0, "txkB": 5.0}]}}]})";
}

TEST(Forms, OfSysstatAreOfOneHost) {
  const std::string begin = R"({"sysstat": {"hosts": [)";
  EXPECT_EQ(read_form(begin + sysstat_host("web1") + "]}}").error, "");
  EXPECT_TRUE(
      has(read_form(begin + sysstat_host("web1") + "," + sysstat_host("web2") + "]}}").error,
          "it has several hosts: web1, web2"));
  ReadOptions options;
  options.unit = *parse_series_unit("kB/s");
  EXPECT_TRUE(has(read_form(begin + sysstat_host("web1") + "]}}", options).notes.at(0),
                  "sadf writes KiB/s; read as kB/s, as --unit says"));
}

TEST(Forms, OfVnstatWithMonthsAloneNameWhatToExport) {
  EXPECT_TRUE(has(read_form(R"({"vnstatversion": "2.9", "jsonversion": "2", "interfaces": [
      {"name": "eth0", "traffic": {"month": [{"date": {"year": 2026, "month": 11}, "rx": 1}]}}]})")
                      .error,
                  "has no rows of five minutes, hours or days"));
}

}  // namespace
}  // namespace cgtally::series
