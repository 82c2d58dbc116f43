// SPDX-License-Identifier: Apache-2.0
// The identity of the instance, from DMI files below a root that the test makes and from a metadata
// service that the test runs on the loopback.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "adapters/ec2/dmi.h"
#include "adapters/ec2/http.h"
#include "adapters/ec2/imds.h"
#include "harness/host/metadata_service.h"

namespace cgtally::ec2 {
namespace {

using namespace std::chrono_literals;

class Dmi : public testing::Test {
 protected:
  Dmi() : root_(testing::TempDir() + "cgt-dmi-XXXXXX") {
    if (mkdtemp(root_.data()) == nullptr) std::abort();
    std::filesystem::create_directories(root_ + "/sys/class/dmi/id");
  }
  ~Dmi() override { std::filesystem::remove_all(root_); }
  Dmi(const Dmi&) = delete;
  Dmi& operator=(const Dmi&) = delete;

  void says(const std::string& field, const std::string& text) const {
    std::ofstream(root_ + "/sys/class/dmi/id/" + field) << text << "\n";
  }
  [[nodiscard]] std::string refusal() const {
    const auto read = read_dmi(root_);
    if (read) return "accepted " + read->type;
    EXPECT_EQ(read.error().failure, Failure::unsupported);
    return read.error().what;
  }
  std::string root_;
};

TEST_F(Dmi, TellsTheTypeOnNitro) {
  says("sys_vendor", "Amazon EC2");
  says("product_name", "c6g.xlarge");
  says("board_asset_tag", "i-0123456789abcdef0");
  const auto read = read_dmi(root_);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->type, "c6g.xlarge");
  EXPECT_EQ(read->instance_id, "i-0123456789abcdef0");
}

TEST_F(Dmi, TellsTheTypeWithoutAnInstanceId) {
  says("sys_vendor", "Amazon EC2");
  says("product_name", "u7i-12tb.224xlarge");
  says("board_asset_tag", "Not Specified");
  EXPECT_EQ(read_dmi(root_)->instance_id, "");
}

TEST_F(Dmi, SaysWhyXenTellsNothing) {
  says("sys_vendor", "Xen");
  says("product_name", "HVM domU");
  says("bios_version", "4.11.amazon");
  EXPECT_EQ(refusal(), "an EC2 instance on Xen, whose DMI data does not name the instance type");
}

TEST_F(Dmi, SaysThatTheMachineIsNotOnEc2) {
  says("sys_vendor", "QEMU\x1b[2J");
  EXPECT_EQ(refusal(), "not an EC2 instance (DMI vendor: QEMU\\x1b[2J)");
}

TEST_F(Dmi, SaysThatThereIsNothingToRead) {
  EXPECT_EQ(refusal(), "the instance type is not known: " + root_ +
                           "/sys/class/dmi/id/sys_vendor: No such file or directory");
  says("sys_vendor", "Amazon EC2");
  says("product_name", "bare metal");
  EXPECT_EQ(refusal(),
            "an EC2 instance whose DMI product name is 'bare metal' instead of an instance type");
}

ImdsEndpoint at(const harness::MetadataService& service, Nanoseconds limit = 30s) {
  return {.address = "127.0.0.1", .port = service.port(), .limit = limit};
}

TEST(Imds, TellsTypeAndInstanceForAToken) {
  const harness::MetadataService service({.instance_type = "t4g.micro"});
  const auto identity = ask_imds(at(service));
  ASSERT_TRUE(identity) << identity.error().what;
  EXPECT_EQ(identity->type, "t4g.micro");
  EXPECT_EQ(identity->instance_id, "i-0123456789abcdef0");
}

TEST(Imds, TakesAnswersByteByByteFromAServerThatKeepsTheConnection) {
  const harness::MetadataService service(
      {.instance_type = "t4g.micro", .slowly = true, .keeps_open = true});
  EXPECT_EQ(ask_imds(at(service)).value().type, "t4g.micro");
}

TEST(Imds, SaysThatItIsSwitchedOff) {
  const harness::MetadataService service({.status = 403});
  const auto identity = ask_imds(at(service));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().what,
            "the metadata service answered 403 to PUT /latest/api/token: it is switched off");
  EXPECT_EQ(identity.error().failure, Failure::unsupported);
}

TEST(Imds, WaitsForSilenceNoLongerThanItsLimit) {
  const harness::MetadataService service({.silent = true});
  const auto identity = ask_imds(at(service, 50ms));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().what, "the metadata service did not answer within 50.0 ms");
  EXPECT_EQ(ImdsEndpoint{}.limit, 1s);
}

TEST(Imds, RefusesTextThatHasNotTheFormOfAType) {
  const harness::MetadataService service({.instance_type = "<html>\x1b[2J"});
  const auto identity = ask_imds(at(service));
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().what,
            "the metadata service gave '<html>\\x1b[2J' instead of an instance type");
}

TEST(Imds, SaysThatNobodyIsThere) {
  std::uint16_t port = 0;
  {
    port = harness::MetadataService({.silent = true}).port();
  }
  const auto identity = ask_imds({.address = "127.0.0.1", .port = port, .limit = 1s});
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().what, "the metadata service: Connection refused");
  EXPECT_EQ(identity.error().failure, Failure::unsupported);
}

TEST(Http, TakesWholeAnswersOnly) {
  EXPECT_EQ(parse_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab").value().body, "ab");
  EXPECT_EQ(parse_answer("HTTP/1.0 200 OK\r\n\r\nabc").value().body, "abc");
  EXPECT_EQ(parse_answer("HTTP/1.1 404 \r\ncontent-length:0\r\n\r\n").value().status, 404);
  for (const char* broken :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "HTTP/1.1 99999999999999999999 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab"}) {
    EXPECT_FALSE(parse_answer(broken)) << broken;
  }
}

}  // namespace
}  // namespace cgtally::ec2
