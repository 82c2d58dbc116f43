// SPDX-License-Identifier: Apache-2.0
// Files, links and names that were made to do harm: each is read in bounded time and memory or not
// at all, is said, and never gives one container the name of another.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "adapters/containers/host_files.h"
#include "adapters/sys/fd.h"
#include "core/base/text.h"
#include "unit/adapters/containers/node_files.h"

namespace cgtally::containers {
namespace {

const std::string kOther = "f" + kNode.substr(1);

class HostileMetadataTest : public NodeFilesTest {
 protected:
  void SetUp() override { write_bundle(kCgroupsPath); }

  void make_directory(const std::string& path) const {
    std::filesystem::create_directories(root_ + path);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ + path); }
  void link(const std::string& to, const std::string& path) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::filesystem::create_symlink(to, root_ + path);
  }
  void write_annotations(const std::string& container) const {
    write(kBundle, fmt::format(R"({{"annotations":{{"io.kubernetes.cri.container-name":"{}",
        "io.kubernetes.cri.sandbox-name":"api-7c9f","io.kubernetes.cri.sandbox-namespace":"shop"}},
        "linux":{{"cgroupsPath":"{}"}}}})",
                               container, kCgroupsPath));
  }
  // Nothing is known of kCgroup then, and `why` is said of the file.
  void expect_refused(const std::string& why) {
    EXPECT_EQ(look(kCgroup), ContainerName{}) << why;
    EXPECT_EQ(refused_, kBundle + " " + why);
  }
};

TEST_F(HostileMetadataTest, AFileThatIsTooLargeIsNotRead) {
  std::filesystem::resize_file(root_ + kBundle, HostFiles::kMostOfFile + 1);
  expect_refused("is larger than 4 MiB");
  std::filesystem::resize_file(root_ + kBundle, std::uintmax_t{1} << 40U);
  expect_refused("is larger than 4 MiB");
}

TEST_F(HostileMetadataTest, AMegabyteOfPathologicalJsonTakesABoundedTime) {
  const auto repeated = [](const std::string& begin, const std::function<std::string(int)>& part,
                           const std::string& end) {
    std::string text = begin;
    for (int i = 0; text.size() < 1'000'000; ++i) text += part(i);
    return text + end;
  };
  const std::vector<std::string> texts{
      repeated(
          "[", [](int) { return "[],"; }, "[]]"),
      repeated(
          R"({"annotations":{)", [](int i) { return fmt::format(R"("{}":"",)", i); }, R"("":""}})"),
      repeated(
          "\"", [](int) { return "\\u202e"; }, "\""),
  };
  for (const std::string& text : texts) {
    write(kBundle, text);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(look(kCgroup), ContainerName{});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5))
        << text.substr(0, 40);
    EXPECT_NE(refused_, "");
  }
}

TEST_F(HostileMetadataTest, WhatIsNoJsonIsSaidAndGivesNoPartOfAName) {
  const std::string good = fmt::format(
      R"("linux":{{"cgroupsPath":"{}"}},"annotations":{{"io.kubernetes.cri.container-name":"app")",
      kCgroupsPath);
  for (const std::string& bad :
       {std::string(), std::string("{"), "{" + good, "{" + good + "}} trailing", "{" + good + ",}}",
        "{" + good + R"(,"io.kubernetes.cri.container-name":"twice"}})",
        "{" + good + R"(},"x":)" + std::string(64, '[') + std::string(64, ']') + "}",
        "{" + good + R"(},"raw":")" + "\x1b[31m\"}", std::string("\xef\xbb\xbf{") + good + "}}",
        "\0" + good}) {
    write(kBundle, bad);
    expect_refused("is not JSON");
  }
}

TEST_F(HostileMetadataTest, NothingButARegularFileIsOpened) {
  const std::string file = root_ + kBundle;
  remove(kBundle);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  expect_refused("is not a regular file");
  remove(kBundle);
  make_directory(kBundle);
  expect_refused("is not a regular file");
  remove(kBundle);
  link(kBundle, kBundle);
  expect_refused("is not a regular file");
  remove(kBundle);
  link("/dev/zero", kBundle);
  expect_refused("is not a regular file");
  remove(kBundle);
  if (mknod(file.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0) {  // /dev/zero; as root only
    expect_refused("is not a regular file");
  }
}

TEST_F(HostileMetadataTest, APipeInThePlaceOfADirectoryDoesNotBlock) {
  remove(kTasks);
  const std::string tasks = (root_ + kTasks).substr(0, (root_ + kTasks).size() - 1);
  ASSERT_EQ(mkfifo(tasks.c_str(), 0600), 0);
  make_directory("/var/log");
  ASSERT_EQ(mkfifo((root_ + "/var/log/pods").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((root_ + "/var/log/containers").c_str(), 0600), 0);
  EXPECT_EQ(look(kCgroup), ContainerName{});
}

TEST_F(HostileMetadataTest, LinksThatGoInCirclesEndAndAreSaid) {
  remove("/run/containerd");
  link("/run/other", "/run/containerd");
  link("/run/containerd", "/run/other");
  EXPECT_EQ(look(kCgroup), ContainerName{});
  EXPECT_EQ(refused_, kBundle + " cannot be opened: Too many levels of symbolic links");
}

TEST_F(HostileMetadataTest, LinksAreFollowedWithinTheHostsRootOnly) {
  write("/data/containers/" + kNode + "/config.v2.json",
        fmt::format(R"({{"ID":"{}","Name":"/web"}})", kNode));
  link("/data", "/var/lib/docker");
  EXPECT_EQ(look("/docker/" + kNode).container, "web") << "an absolute link of the administrator's";
  // The same file outside of the root, by way of a link that climbs.
  const std::string outside = root_ + "-outside";
  std::filesystem::rename(root_ + "/data", outside);
  for (const std::string& to : {outside, "../../.." + outside, "/../../../../../../.." + outside}) {
    remove("/var/lib/docker");
    link(to, "/var/lib/docker");
    EXPECT_EQ(look("/docker/" + kNode), ContainerName{}) << to;
  }
  std::filesystem::remove_all(outside);
}

TEST_F(HostileMetadataTest, ALinkThroughProcIsNotFollowed) {
  const sys::Fd outside(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  remove("/run/containerd");
  link(fmt::format("/proc/self/fd/{}{}", outside.get(), root_ + "-outside"), "/run/containerd");
  EXPECT_EQ(look(kCgroup), ContainerName{});
}

TEST_F(HostileMetadataTest, ADirectoryWithTooManyNamesNamesNothing) {
  remove("/run");
  const std::string log = "/var/log/pods/shop_api-7c9f_" + kPodUid;
  make_directory(log);
  EXPECT_EQ(look(kPod).pod, "api-7c9f");
  for (int i = 0; i < HostFiles::kMostNames; ++i) {
    std::filesystem::create_directory(fmt::format("{}/var/log/pods/{}", root_, i));
  }
  EXPECT_EQ(look(kPod), ContainerName{}) << "another one of that uid may be among the rest";
  EXPECT_EQ(refused_, "/var/log/pods has more than 16384 entries");
}

// What a terminal would obey, text that runs backwards, and bytes that are no text.
TEST_F(HostileMetadataTest, NoNameReachesATerminalRaw) {
  for (const auto& [raw, shown] :
       std::vector<std::pair<std::string, std::string>>{{"\\u001b]0;x\\u0007", "\\x1b]0;x\\x07"},
                                                        {"a\\u0000b", "a\\x00b"},
                                                        {"a\\r\\nb", "a\\x0d\\x0ab"},
                                                        {"\\u202egpj", "\\xe2\\x80\\xaegpj"},
                                                        {"\\ud83d", "\\xed\\xa0\\xbd"},
                                                        {"\xff\xfe", "\\xff\\xfe"},
                                                        {"\xc2\x9b"
                                                         "31m",
                                                         "\\xc2\\x9b31m"}}) {
    write_annotations(raw);
    const std::string found = look(kCgroup).container;
    EXPECT_EQ(found, shown);
    EXPECT_EQ(printable(found), found);
  }
}

TEST_F(HostileMetadataTest, ANameThatIsAPathOrTooLongIsNone) {
  for (const std::string& name : {std::string("../../etc/shadow"), std::string("/"),
                                  std::string("a/b"), std::string(254, 'a')}) {
    write_annotations(name);
    EXPECT_EQ(look(kCgroup).container, "") << name;
  }
  write(kDocker + "/config.v2.json", fmt::format(R"({{"ID":"{}","Name":"//etc/shadow"}})", kNode));
  EXPECT_EQ(look("/docker/" + kNode), ContainerName{});
}

// The bundle says which one of them is its container's.
TEST_F(HostileMetadataTest, OfTwoCgroupsThatClaimOneIdOnlyTheBundlesHasTheName) {
  EXPECT_EQ(look(kCgroup), kApi);
  for (const std::string& fake :
       {"/evil.slice/cri-containerd-" + kNode + ".scope",
        "/kubepods/burstable/pod" + kPodUid + "/" + kNode, kPod + "/" + kNode}) {
    EXPECT_EQ(look(fake).container, "") << fake;
    EXPECT_EQ(refused_, kBundle + " is of another cgroup than " + fake) << fake;
  }
}

TEST_F(HostileMetadataTest, OfTwoCgroupsThatClaimADockerIdOnlyTheOneBelowItsParentHasTheName) {
  write_docker("");
  EXPECT_EQ(look("/system.slice/docker-" + kNode + ".scope").container, "web");
  EXPECT_EQ(look("/evil.slice/docker-" + kNode + ".scope").container, "");
  EXPECT_NE(refused_.find("is of another cgroup than /evil.slice"), std::string::npos) << refused_;
  write_docker("evil.slice");
  EXPECT_EQ(look("/evil.slice/docker-" + kNode + ".scope").container, "web");
  write_docker("");
  write("/etc/docker/daemon.json", R"({"cgroup-parent":"evil.slice"})");
  EXPECT_EQ(look("/evil.slice/docker-" + kNode + ".scope").container, "web");
}

TEST_F(HostileMetadataTest, OfTwoFilesThatClaimOneIdNoneIsTaken) {
  remove("/run");
  write("/var/log/containers/api-7c9f_shop_app-" + kNode + ".log", "");
  EXPECT_EQ(look(kCgroup), kApi);
  write("/var/log/containers/victim_bank_app-" + kNode + ".log", "");
  EXPECT_EQ(look(kCgroup), ContainerName{});
  EXPECT_EQ(refused_, "/var/log/containers has two names for one container or pod");
  make_directory("/var/log/pods/shop_api-7c9f_" + kPodUid);
  EXPECT_EQ(look(kPod).pod, "api-7c9f");
  make_directory("/var/log/pods/bank_victim_" + kPodUid);
  EXPECT_EQ(look(kPod), ContainerName{});
}

TEST_F(HostileMetadataTest, ACgroupBelowAContainersOwnWithAnothersIdIsTheContainers) {
  write(kTasks + kOther + "/config.json",
        fmt::format(R"({{"annotations":{{"io.kubernetes.cri.container-name":"victim",
        "io.kubernetes.cri.sandbox-name":"victim","io.kubernetes.cri.sandbox-namespace":"bank"}},
        "linux":{{"cgroupsPath":"{}:cri-containerd:{}"}}}})",
                    kSlice, kOther));
  EXPECT_EQ(look(kPod + "/cri-containerd-" + kOther + ".scope").pod, "victim");
  for (const std::string& below :
       {"/cri-containerd-" + kOther + ".scope", "/" + kOther, "/crio-" + kOther,
        "/docker/" + kOther, kPod + "/cri-containerd-" + kOther + ".scope",
        "/kubepods/burstable/pod" + kPodUid + "/" + kOther}) {
    EXPECT_EQ(look(kCgroup + below), kApi) << below;
  }
  // Neither do the directories of a unit, or of a user, become a container.
  for (const char* above :
       {"/system.slice/x.service", "/user.slice/user-1000.slice/session-3.scope",
        "/user.slice/user-1000.slice/user@1000.service/app.slice"}) {
    EXPECT_EQ(look(above + kPod + "/cri-containerd-" + kOther + ".scope"), ContainerName{})
        << above;
  }
}

TEST_F(HostileMetadataTest, AFileThatWasRefusedIsNotReadAgainForAMinute) {
  write(kBundle, "not JSON");
  ContainerNames names(root_);
  EXPECT_EQ(names.name_of(kCgroup, kStart), ContainerName{});
  write_bundle(kCgroupsPath);
  EXPECT_EQ(names.name_of(kCgroup, kStart + std::chrono::seconds(59)), ContainerName{});
  EXPECT_EQ(names.name_of(kCgroup, kStart + std::chrono::seconds(60)), kApi);
}

TEST_F(HostileMetadataTest, TheFirstRefusalIsToldOnce) {
  std::filesystem::resize_file(root_ + kBundle, HostFiles::kMostOfFile + 1);
  std::vector<std::string> told;
  ContainerNames names(root_, [&told](const std::string& refused) { told.push_back(refused); });
  for (int i = 0; i < 3; ++i) (void)names.name_of(kCgroup, kStart + std::chrono::minutes(i));
  write("/var/lib/docker/containers/" + kOther + "/config.v2.json", "not JSON");
  (void)names.name_of("/docker/" + kOther, kStart);
  EXPECT_EQ(told, (std::vector<std::string>{kBundle + " is larger than 4 MiB"}));
}

}  // namespace
}  // namespace cgtally::containers
