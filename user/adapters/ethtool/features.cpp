// SPDX-License-Identifier: Apache-2.0
// The kernel numbers features differently in each version: their names are asked for each time.
#include "adapters/ethtool/features.h"

#include <fmt/core.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::ethtool {
namespace {

// Buffers of the ioctls: a header, and an array whose length the kernel tells. Aligned for both.
using FeatureBuffer = std::vector<std::uint32_t>;

bool ask(int socket, const std::string& device, void* command) {
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  // More than 0 says that some features stay as they are.
  return ::ioctl(socket, SIOCETHTOOL, &request) >= 0;
}

std::vector<std::string> feature_names(int socket, const std::string& device) {
  FeatureBuffer count(sizeof(ethtool_sset_info) / sizeof(std::uint32_t) + 1);
  auto* sets = reinterpret_cast<ethtool_sset_info*>(count.data());
  sets->cmd = ETHTOOL_GSSET_INFO;
  sets->sset_mask = 1ULL << ETH_SS_FEATURES;
  if (!ask(socket, device, sets) || sets->sset_mask == 0) return {};
  const std::uint32_t length = count.back();
  FeatureBuffer buffer((sizeof(ethtool_gstrings) + std::size_t{length} * ETH_GSTRING_LEN) /
                       sizeof(std::uint32_t));
  auto* strings = reinterpret_cast<ethtool_gstrings*>(buffer.data());
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = ETH_SS_FEATURES;
  strings->len = length;
  if (!ask(socket, device, strings)) return {};
  std::vector<std::string> names;
  const char* text = reinterpret_cast<const char*>(buffer.data()) + sizeof(ethtool_gstrings);
  for (std::uint32_t i = 0; i < length; ++i, text += ETH_GSTRING_LEN) {
    names.emplace_back(text, strnlen(text, ETH_GSTRING_LEN));
  }
  return names;
}

}  // namespace

Result<void> set_features(const std::string& device, std::span<const FeatureSetting> settings) {
  const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(sys::error_from(errno, "open a socket for ethtool"));
  const auto names = feature_names(socket.get(), device);
  if (names.empty()) return std::unexpected(sys::error_from(errno, "list offloads of " + device));
  const std::size_t blocks = (names.size() + 31) / 32;
  constexpr std::size_t kHeader = sizeof(ethtool_sfeatures) / sizeof(std::uint32_t);
  FeatureBuffer buffer(kHeader + 2 * blocks);  // each block: what is valid, what is wanted
  auto* command = reinterpret_cast<ethtool_sfeatures*>(buffer.data());
  command->cmd = ETHTOOL_SFEATURES;
  command->size = static_cast<std::uint32_t>(blocks);
  for (const auto& [name, on] : settings) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] != name) continue;
      const std::uint32_t bit = 1U << (i % 32);
      buffer[kHeader + 2 * (i / 32)] |= bit;
      if (on) buffer[kHeader + 2 * (i / 32) + 1] |= bit;
    }
  }
  if (!ask(socket.get(), device, command)) {
    return std::unexpected(sys::error_from(errno, fmt::format("set offloads of {}", device)));
  }
  return {};
}

}  // namespace cgtally::ethtool
