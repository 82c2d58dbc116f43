// SPDX-License-Identifier: Apache-2.0
// Facts from the texts of /proc and /sys.
#include "adapters/host/facts.h"

#include <gtest/gtest.h>

#include "adapters/host/container_networks.h"
#include "adapters/host/deployment.h"

namespace cgtally::host {
namespace {

TEST(EffectiveCapabilities, AreReadFromTheirLineOnly) {
  EXPECT_EQ(
      effective_capabilities_in("Name:\tx\nCapPrm:\t00000000000000ff\nCapEff:\t000001ffffffffff\n"),
      0x1ffffffffffU);
  EXPECT_EQ(effective_capabilities_in("CapPrm:\t00000000000000ff\n"), 0U);
  EXPECT_EQ(effective_capabilities_in(""), 0U);
}

TEST(LockdownMode, IsTheOneInBrackets) {
  EXPECT_EQ(lockdown_mode_in("[none] integrity confidentiality\n"), "none");
  EXPECT_EQ(lockdown_mode_in("none integrity [confidentiality]\n"), "confidentiality");
  EXPECT_EQ(lockdown_mode_in(""), "");
  EXPECT_EQ(lockdown_mode_in("]none["), "");
}

TEST(DeploymentFacts, PossibleCpusAreCountedToTheLastOne) {
  EXPECT_EQ(possible_cpus_in("0"), 1U);
  EXPECT_EQ(possible_cpus_in("0-127"), 128U);
  EXPECT_EQ(possible_cpus_in("0-3,8-11"), 12U);
  EXPECT_EQ(possible_cpus_in(""), 1U);
}

TEST(ContainerFacts, IpvsHasServicesOnlyBelowItsHeader) {
  const std::string header =
      "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
      "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
  EXPECT_FALSE(has_ipvs_service(""));
  EXPECT_FALSE(has_ipvs_service(header));
  EXPECT_TRUE(has_ipvs_service(header + "TCP  0A600001:01BB rr \n"));
}

TEST(ContainerFacts, CiliumsRoutingIsInTheHeaderThatItCompilesWith) {
  EXPECT_EQ(cilium_routing_in(""), CiliumRouting::unknown);
  EXPECT_EQ(cilium_routing_in("#define ENABLE_IPV4 1\n"), CiliumRouting::stack);
  EXPECT_EQ(cilium_routing_in("#define ENABLE_IPV4 1\n#define ENABLE_HOST_ROUTING 1\n"),
            CiliumRouting::bpf);
}

TEST(ContainerFacts, CniTypesAreThoseOfPluginsOnly) {
  std::set<std::string> types;
  add_cni_types(R"({"name":"aws-cni","plugins":[{"type":"aws-cni","ipam":{"type":"host-local"}},
                    {"type":"portmap"}]})",
                types);
  add_cni_types(R"({"type":"bridge"})", types);
  add_cni_types(R"({"type":"ptp")", types);
  EXPECT_EQ(types, (std::set<std::string>{"aws-cni", "bridge", "portmap"}));
}

}  // namespace
}  // namespace cgtally::host
