// SPDX-License-Identifier: Apache-2.0
// Uses the ioctl: ethtool's netlink interface does not have the drivers' statistics. Three calls
// get their number, their names and their values. Most kernels ignore the size of the caller's
// buffer, and write as many as there are by then: the buffers have room for many more, and an
// answer whose names and values differ in number is discarded and requested again.
#include "adapters/ethtool/statistics.h"

#include <fmt/core.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::ethtool {
namespace {

constexpr std::size_t kMore = 16'384;        // statistics that may appear between two calls
constexpr std::size_t kMostAtAll = 262'144;  // more is taken for a fault of the driver
constexpr int kTries = 3;
constexpr const char* kDoing = "read the driver's statistics";

// A request: a head, followed by room for items, most of which is never touched.
template <typename Head, typename Item>
class Buffer {
 public:
  explicit Buffer(std::size_t items)
      : room_(items), bytes_(std::make_unique_for_overwrite<char[]>(size(items))) {
    std::memset(bytes_.get(), 0, sizeof(Head));
  }
  [[nodiscard]] Head& head() { return *reinterpret_cast<Head*>(bytes_.get()); }
  [[nodiscard]] const Item* items() const {
    return reinterpret_cast<const Item*>(bytes_.get() + sizeof(Head));
  }
  [[nodiscard]] std::size_t room() const { return room_; }

 private:
  static std::size_t size(std::size_t items) { return sizeof(Head) + items * sizeof(Item); }
  std::size_t room_;
  std::unique_ptr<char[]> bytes_;
};

struct Name {
  std::array<char, ETH_GSTRING_LEN> text;
};

// A device to send ethtool commands to.
class Device {
 public:
  Device(sys::Fd socket, const char* name) : socket_(std::move(socket)) {
    std::memcpy(request_.ifr_name, name, IFNAMSIZ);
  }

  // 0, or an errno.
  int call(void* command) {
    request_.ifr_data = static_cast<char*>(command);
    return ::ioctl(socket_.get(), SIOCETHTOOL, &request_) == 0 ? 0 : errno;
  }

 private:
  sys::Fd socket_;
  ifreq request_{};
};

Result<Device> open_device(int ifindex) {
  std::array<char, IFNAMSIZ> name{};
  if (!::if_indextoname(static_cast<unsigned>(ifindex), name.data())) {
    return std::unexpected(sys::error_from(errno, kDoing));
  }
  sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(sys::error_from(errno, kDoing));
  return Device(std::move(socket), name.data());
}

bool has_no_statistics(int code) { return code == EOPNOTSUPP; }

// The number of statistics; 0 if the driver has none.
Result<std::size_t> count(Device& device) {
  Buffer<ethtool_sset_info, std::uint32_t> info(1);
  info.head().cmd = ETHTOOL_GSSET_INFO;
  info.head().sset_mask = 1ULL << ETH_SS_STATS;
  const int code = device.call(&info.head());
  if (code != 0 && !has_no_statistics(code)) return std::unexpected(sys::error_from(code, kDoing));
  return code != 0 || info.head().sset_mask == 0 ? 0 : std::size_t{*info.items()};
}

// std::nullopt: the numbers of names and values differ.
Result<std::optional<NamedStatistics>> attempt(Device& device) {
  const auto expected = count(device);
  if (!expected) return std::unexpected(expected.error());
  if (*expected == 0) return NamedStatistics{};
  if (*expected > kMostAtAll) return std::unexpected(sys::error_from(EOVERFLOW, kDoing));
  Buffer<ethtool_gstrings, Name> names(*expected + kMore);
  names.head().cmd = ETHTOOL_GSTRINGS;
  names.head().string_set = ETH_SS_STATS;
  names.head().len = static_cast<std::uint32_t>(*expected);
  Buffer<ethtool_stats, std::uint64_t> values(*expected + kMore);
  values.head().cmd = ETHTOOL_GSTATS;
  values.head().n_stats = static_cast<std::uint32_t>(*expected);
  int code = device.call(&names.head());
  if (code == 0) code = device.call(&values.head());
  if (code != 0) {
    return has_no_statistics(code) ? Result<std::optional<NamedStatistics>>(NamedStatistics{})
                                   : std::unexpected(sys::error_from(code, kDoing));
  }
  const std::size_t found = names.head().len;
  if (found != values.head().n_stats || found > names.room() || found == 0) {
    return std::nullopt;
  }
  return named({names.items()->text.data(), found * ETH_GSTRING_LEN}, {values.items(), found});
}

}  // namespace

NamedStatistics named(std::span<const char> names, std::span<const std::uint64_t> values) {
  const std::size_t count = std::min(names.size() / ETH_GSTRING_LEN, values.size());
  NamedStatistics all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* name = names.data() + i * ETH_GSTRING_LEN;
    all.emplace_back(std::string(name, strnlen(name, ETH_GSTRING_LEN)), values[i]);
  }
  return all;
}

Result<NamedStatistics> statistics(int ifindex) {
  auto device = open_device(ifindex);
  if (!device) return std::unexpected(std::move(device).error());
  for (int tries = 0; tries < kTries; ++tries) {
    auto found = attempt(*device);
    if (!found) return std::unexpected(std::move(found).error());
    if (*found) return **std::move(found);
  }
  return std::unexpected(
      sys::error_from(EAGAIN, fmt::format("{}: their number changes all the time", kDoing)));
}

}  // namespace cgtally::ethtool
