// SPDX-License-Identifier: Apache-2.0
// Names from the files of runtimes, also from files that are not what they should be.
#include "core/containers/container_name.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/json_reader.h"

namespace cgtally {
namespace {

const std::string kContainerId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const ContainerName kApp{.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"};

bool is_json(std::string_view text) {
  return for_each_json_string(text, [](const JsonPath&, const std::string&) {});
}

TEST(JsonStrings, TextIsReadStrictly) {
  for (const char* good :
       {R"({"a":[1,-2.5e+3,true,null,"x",{}],"b":{}})", " 0 ", R"("\ud83d\ude00")"}) {
    EXPECT_TRUE(is_json(good)) << good;
  }
  for (const char* bad : {"", "{", "[1,]", R"({"a":1,})", R"({"a" 1})", "01", "1.", "tru", R"("a)",
                          R"("\x")", R"("\u12g4")", R"("\ud83d\u0041")", "\"a\nb\"", "{} {}", "'a'",
                          R"({"a":1,"a":2})", "{a:1}"}) {
    EXPECT_FALSE(is_json(bad)) << bad;
  }
}

TEST(JsonStrings, DepthIsBounded) {
  EXPECT_TRUE(is_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(is_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

TEST(JsonStrings, EachStringHasItsPathAndItsEscapesResolved) {
  std::string all;
  EXPECT_TRUE(for_each_json_string(R"({"a":{"b":["x","\u00e9\n\"\ud83d\ude00"]}})",
                                   [&all](const JsonPath& path, const std::string& value) {
                                     for (const std::string& key : path) all += key + ".";
                                     all += "=" + value + ";";
                                   }));
  EXPECT_EQ(all, "a.b.0.=x;a.b.1.=\xc3\xa9\n\"\xf0\x9f\x98\x80;");
}

TEST(ContainerNames, ContainerdsBundleNamesContainerPodAndNamespace) {
  const auto bundle = read_bundle(R"({"ociVersion":"1.1.0","annotations":{
      "io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"app",
      "io.kubernetes.cri.sandbox-name":"api-7c9f","io.kubernetes.cri.sandbox-namespace":"shop"},
      "linux":{"cgroupsPath":"s.slice:cri-containerd:1"}})",
                                  BundleMaker::containerd);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->name, kApp);
  EXPECT_EQ(bundle->cgroups_path, "s.slice:cri-containerd:1");
}

TEST(ContainerNames, TheSandboxOfAPodIsCalledPod) {
  const auto bundle = read_bundle(R"({"annotations":{"io.kubernetes.cri.container-type":"sandbox",
      "io.kubernetes.cri.sandbox-name":"api-7c9f","io.kubernetes.cri.sandbox-namespace":"shop"}})",
                                  BundleMaker::containerd);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->name.container, "POD");
  EXPECT_EQ(bundle->name.pod, "api-7c9f");
}

// Whoever writes a pod may give it annotations, among them those of another runtime.
TEST(ContainerNames, OnlyTheAnnotationsOfTheBundlesMakerCount) {
  const char* both = R"({"annotations":{"io.kubernetes.container.name":"app",
      "io.kubernetes.pod.name":"api-7c9f","io.kubernetes.pod.namespace":"shop",
      "io.kubernetes.cri.container-name":"victim","io.kubernetes.cri.sandbox-name":"victim",
      "io.kubernetes.cri.sandbox-namespace":"bank"}})";
  EXPECT_EQ(read_bundle(both, BundleMaker::crio)->name, kApp);
  EXPECT_EQ(read_bundle(both, BundleMaker::containerd)->name,
            (ContainerName{.container = "victim", .pod = "victim", .k8s_namespace = "bank"}));
  EXPECT_TRUE(read_bundle(both, BundleMaker::podman)->name.empty());
}

std::optional<ContainerName> docker(const std::string& name, const std::string& labels,
                                    std::string_view pod_uid = "") {
  return read_docker_config(fmt::format(R"({{"ID":"{}","Name":"{}","Config":{{"Labels":{{{}}}}}}})",
                                        kContainerId, name, labels),
                            kContainerId, pod_uid);
}

const std::string kKubernetesLabels =
    R"("io.kubernetes.container.name":"app","io.kubernetes.pod.name":"api-7c9f",
       "io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"uid-1")";
const std::string kEcsLabels =
    R"("com.amazonaws.ecs.task-definition-family":"shop","com.amazonaws.ecs.container-name":"app")";

TEST(ContainerNames, DockersLabelsComeBeforeItsOwnName) {
  EXPECT_EQ(docker("/web_1", ""),
            (ContainerName{.container = "web_1", .pod = "", .k8s_namespace = ""}));
  EXPECT_EQ(docker("/k8s_app_api", kKubernetesLabels, "uid-1"), kApp);
  EXPECT_EQ(docker("/ecs-shop-7-app-c0ffee", kEcsLabels),
            (ContainerName{.container = "app", .pod = "shop", .k8s_namespace = ""}));
}

TEST(ContainerNames, LabelsThatCameWithAnImageNameNothing) {
  const ContainerName own{.container = "web_1", .pod = "", .k8s_namespace = ""};
  EXPECT_EQ(docker("/web_1", kKubernetesLabels), own) << "it is in no pod";
  EXPECT_EQ(docker("/web_1", kKubernetesLabels, "uid-2"), own) << "it is in another pod";
  EXPECT_EQ(docker("/web_1", kEcsLabels), own) << "not started by the ECS agent";
}

TEST(ContainerNames, AFileOfAnotherContainerGivesNoName) {
  EXPECT_FALSE(read_docker_config(R"({"ID":"another","Name":"/web"})", kContainerId, ""));
  EXPECT_FALSE(read_docker_config(R"({"Name":"/web"})", kContainerId, ""));
}

TEST(ContainerNames, TheStoreNamesByIdUnlessTwoEntriesClaimIt) {
  const std::string one = fmt::format(R"({{"id":"{}","names":["web"],"layer":"1"}})", kContainerId);
  const std::string other = R"({"id":"2","names":["db"]})";
  EXPECT_EQ(read_container_store("[" + other + "," + one + "]", kContainerId)->container, "web");
  EXPECT_FALSE(read_container_store("[" + one + "," + one + "]", kContainerId));
  EXPECT_FALSE(read_container_store("[" + other + "]", kContainerId));
  EXPECT_FALSE(read_container_store("[" + one, kContainerId));
}

TEST(ContainerNames, NamesOfLogFilesAndPodDirectories) {
  EXPECT_EQ(read_log_name("api-7c9f_shop_app-" + kContainerId + ".log", kContainerId), kApp);
  EXPECT_EQ(read_pod_directory("shop_api-7c9f_uid-1", "uid-1"),
            (ContainerName{.container = "", .pod = "api-7c9f", .k8s_namespace = "shop"}));
  for (const std::string& bad :
       {"a_b-" + kContainerId + ".log", "a_b_c_d-" + kContainerId + ".log", "a_b_c-" + kContainerId,
        "__c-" + kContainerId + ".log", "a_b_c-" + kContainerId.substr(1) + ".log",
        "_-" + kContainerId + ".log"}) {
    EXPECT_FALSE(read_log_name(bad, kContainerId)) << bad;
  }
  for (const char* bad : {"a_uid-1", "a_b_c_uid-1", "a_b_uid-2", "__uid-1", "uid-1"}) {
    EXPECT_FALSE(read_pod_directory(bad, "uid-1")) << bad;
  }
}

TEST(ContainerNames, HostileNamesAreEscapedOrNotTaken) {
  EXPECT_EQ(checked_container_name("a\x1b[31mb"), R"(a\x1b[31mb)");
  EXPECT_EQ(checked_container_name("../../etc"), "");
  EXPECT_EQ(checked_container_name("(kernel)"), "") << "would read as a reason";
  EXPECT_EQ(checked_container_name("#4711"), "");
  EXPECT_EQ(checked_container_name(std::string(253, 'a')), std::string(253, 'a'));
  EXPECT_EQ(checked_container_name(std::string(254, 'a')), "");
  EXPECT_EQ(checked_container_name("\xff"), R"(\xff)");
}

}  // namespace
}  // namespace cgtally
