// SPDX-License-Identifier: Apache-2.0
#include "adapters/netns/tcp_counters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>

#include "adapters/sys/error.h"

namespace cgtally::netns {
namespace {

constexpr std::size_t kMostSnmp = 8192;

// The next word of a line, which the call takes away.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::optional<NetnsTcpCounts> tcp_counts_of(std::string_view snmp) {
  std::string_view names;
  while (!names.starts_with("Tcp: ")) {
    if (snmp.empty()) return std::nullopt;
    names = take_line(snmp);
  }
  std::string_view values = take_line(snmp);
  if (!values.starts_with("Tcp: ")) return std::nullopt;
  NetnsTcpCounts counts;
  int found = 0;
  for (std::string_view name = take_word(names); !name.empty(); name = take_word(names)) {
    const std::string_view word = take_word(values);
    std::uint64_t* value = name == "AttemptFails"  ? &counts.attempt_fails
                           : name == "OutRsts"     ? &counts.out_rsts
                           : name == "EstabResets" ? &counts.estab_resets
                                                   : nullptr;
    if (!value) continue;
    if (std::from_chars(word.data(), word.data() + word.size(), *value).ec != std::errc{}) {
      return std::nullopt;
    }
    ++found;
  }
  return found == 3 ? std::optional(counts) : std::nullopt;
}

bool is_in_netns(const std::string& process, std::uint64_t inode) {
  struct stat status{};
  return ::stat((process + "/ns/net").c_str(), &status) == 0 && status.st_ino == inode;
}

Result<TcpCounters> TcpCounters::open(const std::string& process, std::uint64_t inode) {
  const std::string path = process + "/net/snmp";
  sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(sys::error_from(errno, "open " + path));
  // Asked after the open: the process may have ended before, and its id may be another's.
  if (!is_in_netns(process, inode)) return std::unexpected(sys::error_from(ESRCH, "open " + path));
  return TcpCounters(std::move(file));
}

std::optional<NetnsTcpCounts> TcpCounters::read() const {
  std::array<char, kMostSnmp> text{};
  const ssize_t bytes = ::pread(file_.get(), text.data(), text.size(), 0);
  if (bytes <= 0) return std::nullopt;
  return tcp_counts_of({text.data(), static_cast<std::size_t>(bytes)});
}

}  // namespace cgtally::netns
