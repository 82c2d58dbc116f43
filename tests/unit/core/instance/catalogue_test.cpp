// SPDX-License-Identifier: Apache-2.0
// The table of instance types: look-ups, suggestions for unknown names, and priors for the
// capacity.
#include "core/instance/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "adapters/ec2/catalogue_file.h"
#include "core/base/edit_distance.h"

namespace cgtally {
namespace {

constexpr std::uint64_t kMbit = 1'000'000;
constexpr double kGbitInBytes = 1e9 / 8;

const ec2::LoadedCatalogue& shipped() {
  static const auto loaded = ec2::load_catalogue("");
  return loaded.value();
}
const InstanceType& shipped(std::string_view name) {
  const InstanceType* type = shipped().types.find(name);
  if (type == nullptr) throw std::runtime_error("no " + std::string(name));
  return *type;
}

std::string refusal(const std::string& text) {
  std::istringstream in(text);
  const auto table = ec2::read_table(in, "own.csv");
  if (table) return "accepted";
  EXPECT_FALSE(table.error().hint.empty());
  return table.error().what;
}

TEST(EditDistance, CountsTypingMistakes) {
  EXPECT_EQ(edit_distance("t4g.micro", "t4g.micro", 2), 0U);
  EXPECT_EQ(edit_distance("t4g.mirco", "t4g.micro", 2), 1U);
  EXPECT_EQ(edit_distance("t4gmicro", "t4g.micro", 2), 1U);
  EXPECT_EQ(edit_distance("", "ab", 2), 2U);
  EXPECT_EQ(edit_distance("c5.large", "m6.xlarge", 2), std::nullopt);
  EXPECT_EQ(edit_distance("c5.large", "m6.xlarge", 3), 3U);
  EXPECT_EQ(edit_distance("abcd", "badc", 2), 2U);
  EXPECT_EQ(edit_distance("abcdef", "cdefab", 3), std::nullopt);
  EXPECT_EQ(edit_distance("abcdef", "cdefab", 4), 4U);
  EXPECT_EQ(edit_distance("", "", 0), 0U);
}

TEST(ShippedTable, HasEveryRowOfTheFile) {
  const auto& types = shipped().types.types();
  EXPECT_EQ(types.size(), 1516U);
  EXPECT_EQ(std::ranges::count_if(types, &InstanceType::burst_known), 1508);
  EXPECT_EQ(std::ranges::count_if(
                types, [](const InstanceType& type) { return type.burst > type.baseline; }),
            701);
  EXPECT_EQ(shipped().date, "2026-08-02");
}

TEST(ShippedTable, HoldsExactFigures) {
  const InstanceType& micro = shipped("cache.t4g.micro");
  EXPECT_EQ(micro.baseline.bits_per_second, 64 * kMbit);
  EXPECT_EQ(micro.burst.bits_per_second, 5000 * kMbit);
  EXPECT_EQ(micro.vcpus, 2U);
  EXPECT_EQ(shipped("c8gb.16xlarge").baseline.bits_per_second, 133'333 * kMbit);
}

TEST(ShippedTable, HasARowWithoutBurstAsOneWithoutCredits) {
  const InstanceType& metal = shipped("u-6tb1.metal");
  EXPECT_FALSE(metal.burst_known);
  EXPECT_FALSE(terms_of(metal).has_credits());
}

// Five kinds of mistakes, in turn: a type that is one of them away is always among the suggestions.
TEST(ShippedTable, SuggestsWhatEachMistypedNameMeant) {
  const auto& types = shipped().types.types();
  for (std::size_t i = 0; i < types.size(); i += 7) {
    const std::string& meant = types[i].name;
    std::string typed = meant;
    const std::size_t at = i % (meant.size() - 1);
    switch (i % 5) {
      case 0:
        typed.erase(at, 1);
        break;
      case 1:
        typed.insert(at, 1, 'q');
        break;
      case 2:
        typed[at] = '_';
        break;
      case 3:
        std::swap(typed[at], typed[at + 1]);
        break;
      default:
        std::ranges::transform(typed, typed.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
    if (shipped().types.find(typed) != nullptr) continue;
    const auto names = shipped().types.near(typed, 12);
    EXPECT_NE(std::ranges::find(names, meant), names.end()) << typed << " meant " << meant;
  }
}

TEST(Catalogue, SuggestsTheLikeliestFirst) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(shipped().types.near("t4g.mirco", 1), Names{"t4g.micro"});
  EXPECT_EQ(shipped().types.near("t4g", 2), (Names{"t4g.nano", "t4g.micro"}));
  EXPECT_EQ(shipped().types.near("cache.m4.16xlarge", 1), Names{"cache.m4.10xlarge"});
  EXPECT_EQ(shipped().types.near("t4g.gigantic", 1), Names{"t4g.nano"});
  EXPECT_EQ(shipped().types.near("frobnicate"), Names{});
  EXPECT_EQ(shipped().types.near("", 1), Names{});
}

TEST(Catalogue, ReplacesATypeThatIsThereAlready) {
  Catalogue own;
  own.add({.name = "b", .baseline = {1}, .burst = {1}, .source = ""});
  own.add({.name = "a", .baseline = {2}, .burst = {2}, .source = ""});
  own.add({.name = "b", .baseline = {3}, .burst = {3}, .source = ""});
  ASSERT_EQ(own.types().size(), 2U);
  EXPECT_EQ(own.find("b")->baseline, BitRate{3});
  EXPECT_EQ(own.find("c"), nullptr);
}

TEST(Catalogue, NamesTheNextLargerTypeOfTheFamily) {
  const Catalogue& types = shipped().types;
  EXPECT_EQ(types.larger(shipped("t4g.micro"), {281 * kMbit})->name, "t4g.large");
  EXPECT_EQ(types.larger(shipped("t4g.micro"), {})->name, "t4g.small");
  EXPECT_EQ(types.larger(shipped("cache.t4g.micro"), {100 * kMbit})->name, "cache.t4g.small");
  EXPECT_EQ(types.larger(shipped("t4g.2xlarge"), {}), nullptr);
  EXPECT_EQ(types.larger(shipped("t4g.micro"), {3000 * kMbit}), nullptr);
}

TEST(Catalogue, ReadsFamilyAndGenerationOutOfAName) {
  EXPECT_EQ(family_of("cache.t4g.micro"), "cache.t4g");
  EXPECT_EQ(generation_of("m8g.large"), 8U);
  EXPECT_EQ(generation_of("cache.m7g.large"), 7U);
  EXPECT_EQ(generation_of("u-12tb1.metal"), 12U);
  EXPECT_EQ(generation_of("nothing"), 0U);
}

TEST(PriorCapacity, HoldsWhatWasMeasuredInItsMiddle) {
  const std::vector<std::pair<std::string, double>> measured{
      {"c5.large", 2490}, {"c5.xlarge", 4447}, {"c5.2xlarge", 7574}, {"c5.4xlarge", 10754}};
  for (const auto& [name, gbit] : measured) {
    const ByteRange prior = prior_capacity(shipped(name));
    EXPECT_NEAR(prior.lo / kGbitInBytes, gbit / 2, gbit * 0.01) << name;
    EXPECT_NEAR(prior.hi / kGbitInBytes, gbit * 2, gbit * 0.02) << name;
  }
}

// c5.xlarge's bucket on m5.xlarge, which held 6 Gbit/s for 964 s, and for 1800 s in another run.
TEST(PriorCapacity, ExcludesNoMeasurementOfOtherFamilies) {
  const ByteRange m5 = prior_capacity(shipped("m5.xlarge"));
  EXPECT_GT(m5.hi / kGbitInBytes, 8550);
  EXPECT_LT(m5.lo / kGbitInBytes, 4572);
  for (const char* never_empty : {"m5n.xlarge", "m8i.xlarge", "m8g.xlarge"}) {
    EXPECT_EQ(prior_capacity(shipped(never_empty)).hi, ByteRange::kUnbounded) << never_empty;
  }
}

TEST(PriorCapacity, AllowsTheSmallestTypesTheFiveMinutesThatAreDocumented) {
  const ByteRange prior = prior_capacity(shipped("t4g.micro"));
  EXPECT_NEAR(prior.lo, 13.28e9, 1e7);
  EXPECT_NEAR(prior.hi, 4.936e9 / 8 * 300, 1e7);
}

TEST(PriorCapacity, IsNothingWhereNothingBursts) {
  EXPECT_EQ(prior_capacity(shipped("c5.18xlarge")), (ByteRange{.lo = 0, .hi = 0}));
}

TEST(PriorCapacity, IsWiderThanAFactorOfThreeForEveryTypeThatBursts) {
  for (const InstanceType& type : shipped().types.types()) {
    if (type.burst <= type.baseline) continue;
    const ByteRange prior = prior_capacity(type);
    EXPECT_GT(prior.lo, 0) << type.name;
    EXPECT_GT(prior.hi, 3 * prior.lo) << type.name;
  }
}

TEST(CatalogueFile, FindsColumnsByNameAndNeedsNoMoreThanThree) {
  std::istringstream in("burst_gbps,comment,instance_type,baseline_gbps\n5,\"a, b\",x.y,0.064\n");
  const auto table = ec2::read_table(in, "own.csv");
  ASSERT_TRUE(table) << table.error().what;
  ASSERT_EQ(table->types.size(), 1U);
  EXPECT_EQ(table->types[0].name, "x.y");
  EXPECT_EQ(table->types[0].baseline.bits_per_second, 64 * kMbit);
  EXPECT_EQ(table->types[0].burst.bits_per_second, 5000 * kMbit);
  EXPECT_EQ(table->date, "");
}

TEST(CatalogueFile, SaysWhatIsWrongAndWhere) {
  const std::string header = "instance_type,baseline_gbps,burst_gbps,vcpus\n";
  EXPECT_EQ(refusal(""), "own.csv is empty");
  EXPECT_EQ(refusal(header), "own.csv has a header and no rows");
  EXPECT_EQ(refusal("instance_type,burst_gbps\n"),
            "own.csv: line 1: the header has no column 'baseline_gbps'");
  EXPECT_EQ(refusal(header + "x.y,1,5,2\nx.z,-1,5,2\n"),
            "own.csv: line 3: baseline_gbps must be above 0 and at most 1000000, got '-1'");
  EXPECT_EQ(refusal("\xEF\xBB\xBF" + header + "x.y,1,5,2\n"), "accepted");  // of a spreadsheet
  EXPECT_EQ(refusal(header + "x.y,1,5,2\nx.z,1,5,2\nx.y,1,6,2\n"),
            "own.csv: line 4: x.y is in line 2 already");
  EXPECT_EQ(refusal(header + "x.y,many,5,2\n"),
            "own.csv: line 2: baseline_gbps must be above 0 and at most 1000000, got 'many'");
  EXPECT_EQ(refusal(header + "x.y,,5,2\n"),
            "own.csv: line 2: baseline_gbps must be above 0 and at most 1000000, got ''");
  EXPECT_EQ(refusal(header + "x.y,0,5,2\n"),
            "own.csv: line 2: baseline_gbps must be above 0 and at most 1000000, got '0'");
  EXPECT_EQ(refusal(header + "x.y,1,99999999999999999999,2\n"),
            "own.csv: line 2: burst_gbps must be above 0 and at most 1000000, got "
            "'99999999999999999999'");
  EXPECT_EQ(refusal(header + "x.y,1,18000000000,2\n"),
            "own.csv: line 2: burst_gbps must be above 0 and at most 1000000, got '18000000000'");
  EXPECT_EQ(refusal(header + "x.y,5,1,2\n"), "own.csv: line 2: burst_gbps is below baseline_gbps");
  EXPECT_EQ(refusal(header + "x.y,1,5,two\n"),
            "own.csv: line 2: vcpus must be a whole number, got 'two'");
  EXPECT_EQ(refusal(header + ",1,5,2\n"), "own.csv: line 2: instance_type is empty");
  EXPECT_EQ(refusal(header + "x.y,1,5\n"), "own.csv: line 2: 3 fields, where the header has 4");
  EXPECT_EQ(refusal(header + "x.y,1,5,2\n"), "accepted");
}

TEST(CatalogueFile, SaysWhichFileCannotBeRead) {
  const auto loaded = ec2::load_catalogue("/nowhere/own.csv");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().what, "/nowhere/own.csv: No such file or directory");
}

TEST(Catalogue, HasAllTypesOfElastiCache) {
  const Catalogue& catalogue = shipped().types;
  EXPECT_EQ(std::ranges::count_if(
                catalogue.types(),
                [](const InstanceType& type) { return type.name.starts_with("cache."); }),
            94);
  const InstanceType* type = catalogue.find("cache.c7gn.large");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->baseline, BitRate{6'250'000'000});
  EXPECT_EQ(type->burst, BitRate{30'000'000'000});
  EXPECT_EQ(type->vcpus, 2U);
}

TEST(Catalogue, AssumesThatOtherServicesHaveTheBandwidthOfTheirEc2Type) {
  const Catalogue& catalogue = shipped().types;
  for (const char* name :
       {"db.m5.large", "kafka.m5.large", "m5.large.search", "m5.large.elasticsearch"}) {
    const auto type = catalogue.assumed(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(type->name, name);
    EXPECT_EQ(type->assumed_of, "m5.large");
    EXPECT_EQ(type->baseline, catalogue.find("m5.large")->baseline);
    EXPECT_EQ(prior_capacity(*type), prior_capacity(*catalogue.find("m5.large"))) << name;
  }
  for (const char* name : {"m5.large", "cache.m5.nano", "db.m5.hugest", "db.serverless", ""}) {
    EXPECT_FALSE(catalogue.assumed(name)) << name;
  }
}

TEST(Catalogue, KnowsWhatAnInternetGatewayLetsThrough) {
  const Catalogue& catalogue = shipped().types;
  EXPECT_EQ(internet_limit(*catalogue.find("m5.4xlarge")), BitRate{5'000'000'000}) << "16 vCPUs";
  EXPECT_EQ(internet_limit(*catalogue.find("m5.8xlarge")), BitRate{5'000'000'000}) << "half of 10";
  EXPECT_EQ(internet_limit(*catalogue.find("m5.24xlarge")), BitRate{12'500'000'000});
}

}  // namespace
}  // namespace cgtally
