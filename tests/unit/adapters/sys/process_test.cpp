// SPDX-License-Identifier: Apache-2.0
// What the service manager hears of this process (notify_ready): READY=1 at the socket that it
// named, a path or an abstract one, and nothing where none is named.
#include "adapters/sys/process.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "adapters/sys/fd.h"

namespace cgtally::sys {
namespace {

struct Manager {
  Fd socket;

  // `name` as in NOTIFY_SOCKET; @ begins an abstract one.
  explicit Manager(const std::string& name) : socket(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un place{.sun_family = AF_UNIX, .sun_path = {}};
    name.copy(place.sun_path, sizeof place.sun_path - 1);
    if (name[0] == '@') place.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&place), size), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() { unsetenv("NOTIFY_SOCKET"); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  [[nodiscard]] std::string heard() const {
    std::array<char, 64> text{};
    const ssize_t length = recv(socket.get(), text.data(), text.size(), MSG_DONTWAIT);
    return length < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(length));
  }
};

TEST(Process, TheServiceManagerHearsAtItsPathThatTheProcessIsReady) {
  const std::string path = testing::TempDir() + "cgtally-notify-" + std::to_string(getpid());
  const Manager manager(path);
  notify_ready();
  EXPECT_EQ(manager.heard(), "READY=1");
  unlink(path.c_str());
}

TEST(Process, TheServiceManagerHearsAtAnAbstractSocketThatTheProcessIsReady) {
  const Manager manager("@cgtally-notify-" + std::to_string(getpid()));
  notify_ready();
  EXPECT_EQ(manager.heard(), "READY=1");
}

TEST(Process, NobodyIsToldWhereNoSocketIsNamedOrItsNameIsTooLong) {
  const Manager manager("@cgtally-notify-" + std::to_string(getpid()));
  setenv("NOTIFY_SOCKET", ("@" + std::string(200, 'x')).c_str(), 1);
  notify_ready();
  unsetenv("NOTIFY_SOCKET");
  notify_ready();
  EXPECT_EQ(manager.heard(), "nothing");
}

}  // namespace
}  // namespace cgtally::sys
