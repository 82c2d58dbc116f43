// SPDX-License-Identifier: Apache-2.0
// Finds the terms of one instance from the options, the firmware and the table of types.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>

#include "cli/options/instance.h"
#include "cli/options/parsing.h"

namespace cgtally::cli {
namespace {

using monitor::find_instance;
using monitor::IdentitySource;
using monitor::Instance;
using monitor::InstanceOptions;

constexpr std::uint64_t kMbit = 1'000'000;

class FindInstance : public testing::Test {
 protected:
  FindInstance() : root_(testing::TempDir() + "cgt-find-XXXXXX") {
    if (mkdtemp(root_.data()) == nullptr) std::abort();
  }
  ~FindInstance() override { std::filesystem::remove_all(root_); }
  FindInstance(const FindInstance&) = delete;
  FindInstance& operator=(const FindInstance&) = delete;

  void firmware(const std::string& vendor, const std::string& product) const {
    const std::string place = root_ + "/sys/class/dmi/id/";
    std::filesystem::create_directories(place);
    std::ofstream(place + "sys_vendor") << vendor << "\n";
    std::ofstream(place + "product_name") << product << "\n";
    std::ofstream(place + "board_asset_tag") << "i-0abc\n";
  }
  // The instance that these arguments of a command line describe.
  [[nodiscard]] Result<Instance> find(std::vector<std::string> arguments) const {
    CLI::App app;
    InstanceOptions options;
    add_instance_options(app, options);
    std::ranges::reverse(arguments);
    try {
      app.parse(arguments);
    } catch (const UsageError& error) {
      return std::unexpected(error.error());
    } catch (const CLI::ParseError& error) {
      return std::unexpected(Error{.what = error.what(), .hint = "-", .failure = Failure::usage});
    }
    return find_instance(options, root_);
  }
  [[nodiscard]] Error refusal(const std::vector<std::string>& arguments) const {
    const auto found = find(arguments);
    if (found) return {.what = "accepted", .hint = {}};
    const Error& error = found.error();
    EXPECT_TRUE(!error.hint.empty() || error.what.find(" must be ") != std::string::npos)
        << error.what;
    return found.error();
  }
  std::string root_;
};

TEST_F(FindInstance, TakesTheTypeFromTheFirmware) {
  firmware("Amazon EC2", "t4g.micro");
  const Instance found = find({}).value();
  EXPECT_EQ(found.name, "t4g.micro");
  EXPECT_EQ(identity_source_name(found.source), "DMI");
  EXPECT_EQ(found.instance_id, "i-0abc");
  EXPECT_EQ(found.terms.baseline.bits_per_second, 64 * kMbit);
  EXPECT_EQ(found.terms.capacity_basis, Basis::prior);
  EXPECT_EQ(found.catalogue.date, "2026-08-02");
  EXPECT_FALSE(found.figures_told);
}

TEST_F(FindInstance, BelievesTheUserBeforeTheFirmware) {
  firmware("Amazon EC2", "t4g.micro");
  const Instance found = find({"--instance", "cache.t4g.small", "--bucket", "13GB..53GB"}).value();
  EXPECT_EQ(found.name, "cache.t4g.small");
  EXPECT_EQ(identity_source_name(found.source), "TOLD");
  EXPECT_EQ(found.instance_id, "i-0abc");
  EXPECT_EQ(found.terms.baseline.bits_per_second, 128 * kMbit);
  EXPECT_EQ(found.terms.capacity, (ByteRange{.lo = 13e9, .hi = 53e9}));
  EXPECT_EQ(found.terms.capacity_basis, Basis::told);
}

TEST_F(FindInstance, WorksWithFiguresAloneOffAws) {
  firmware("QEMU", "Standard PC");
  const Instance found =
      find({"--baseline", "64Mbit", "--burst", "5Gbit", "--bucket", "1GB"}).value();
  EXPECT_EQ(found.name, "");
  EXPECT_TRUE(found.figures_told);
  EXPECT_EQ(found.terms.burst.bits_per_second, 5000 * kMbit);
  EXPECT_EQ(found.terms.capacity, (ByteRange{.lo = 1e9, .hi = 1e9}));
  EXPECT_EQ(found.terms.baseline_tolerance, 0);
}

TEST_F(FindInstance, MakesAPriorOfFiguresWithoutABucket) {
  const Instance found = find({"--baseline", "750Mbit", "--burst", "10Gbit"}).value();
  EXPECT_EQ(found.terms.capacity_basis, Basis::prior);
  EXPECT_NEAR(found.terms.capacity.lo, 0.75e9 / 8 * 3320 / 2, 1e6);
  EXPECT_EQ(find({"--bucket", "13GB..", "--baseline", "1Mbit", "--burst", "2Mbit"})
                .value()
                .terms.capacity.hi,
            ByteRange::kUnbounded);
}

TEST_F(FindInstance, SaysOffAwsWhatToGive) {
  firmware("QEMU", "Standard PC");
  const Error error = refusal({});
  EXPECT_EQ(error.what, "not an EC2 instance (DMI vendor: QEMU)");
  EXPECT_EQ(error.failure, Failure::unsupported);
  EXPECT_NE(error.hint.find("--baseline, --burst and --bucket"), std::string::npos);
  EXPECT_EQ(refusal({"--baseline", "64Mbit"}).what, error.what);
}

TEST_F(FindInstance, SuggestsWhatAnUnknownTypeMeant) {
  const Error error = refusal({"--instance", "t4g.mirco"});
  EXPECT_EQ(error.what, "there is no instance type t4g.mirco in the table of 2026-08-02");
  EXPECT_EQ(error.hint.find("did you mean t4g.micro"), 0U);
  EXPECT_EQ(error.failure, Failure::usage);
  EXPECT_EQ(
      find({"--instance", "new.type", "--baseline", "1Mbit", "--burst", "2Mbit"}).value().name,
      "new.type");
}

TEST_F(FindInstance, RefusesWhatCannotBeARateOrASize) {
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"--baseline", "0bit"},
           {"--baseline=-5Mbit"},
           {"--burst", "-5Mbit"},
           {"--burst", "99999999999Tbit"},
           {"--baseline", "64"},
           {"--bucket", "0B"},
           {"--bucket", "-1GB"},
           {"--bucket", "5GB..1GB"},
           {"--bucket", "..5GB"},
           {"--bucket", "99999999TB"},
           {"--start", "half"},
           {"--weighting", "ebs-2"},
           {"--baseline", "2Mbit", "--burst", "1Mbit"},
           {"--instance", "t4g.micro", "--baseline", "6Gbit"},
           {"--instance", "c5.18xlarge", "--bucket", "1GB"},
           {"--instance", "t4g.micro", "--imds"},
           {"--instance", "m8g.large", "--baseline", "1Gbit", "--weighting", "vpc-1"}}) {
    EXPECT_EQ(refusal(wrong).failure, Failure::usage) << wrong[0] << " " << wrong.back();
  }
}

TEST_F(FindInstance, MovesAQuarterOfTheBaselineByTheWeighting) {
  const auto terms = [&](const char* weighting) {
    return find({"--instance", "m8g.xlarge", "--weighting", weighting}).value().terms;
  };
  EXPECT_EQ(terms("default").baseline.bits_per_second, 1'875 * kMbit);
  EXPECT_EQ(terms("vpc-1").baseline.bits_per_second, 2'343'750'000U);
  EXPECT_EQ(terms("vpc-1").burst, terms("default").burst);
  EXPECT_EQ(terms("ebs-1").baseline.bits_per_second, 1'406'250'000U);
  EXPECT_LT(terms("ebs-1").burst, terms("default").burst);
  EXPECT_EQ(find({"--instance", "m5.large", "--weighting", "vpc-1"}).value().notes.size(), 2U);
}

TEST_F(FindInstance, LetsTheUsersTableOverrideTheShippedOne) {
  std::ofstream(root_ + "/own.csv")
      << "instance_type,baseline_gbps,burst_gbps\nt4g.micro,1,2\nx9.huge,3,\n";
  const Instance own = find({"--instance", "t4g.micro", "--catalogue", root_ + "/own.csv"}).value();
  EXPECT_EQ(own.terms.baseline.bits_per_second, 1000 * kMbit);
  EXPECT_EQ(own.catalogue.from_file, 2U);
  const Instance added = find({"--instance", "x9.huge", "--catalogue", root_ + "/own.csv"}).value();
  EXPECT_FALSE(added.terms.has_credits());
  EXPECT_EQ(added.notes.size(), 1U);
  EXPECT_EQ(find({"--instance", "t4g.nano", "--catalogue", root_ + "/own.csv"}).value().name,
            "t4g.nano");
}

}  // namespace
}  // namespace cgtally::cli
