// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/pins.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/base/pin_directory.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/sys/directory.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr long kBpffsMagic = 0xcafe4a11;
// Links and maps beside those of the ledger itself.
constexpr std::array<std::string_view, 6> kOthers = {
    "liveness", "tcp_states", "cgroup_mkdir", "cgroup_rmdir", "cgroup_release", "cgroup_populated"};

// No dot: bpffs refuses names that have one.
constexpr std::string_view kUnfinished = kUnfinishedPin;
constexpr std::string_view kForgotten = "-old";

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "7-ingress", "7-egress", "7-windows": the pins of an interface.
bool is_of_interface(std::string_view name) {
  const auto dash = name.find('-');
  if (dash == std::string_view::npos || !is_number(name.substr(0, dash))) return false;
  const std::string_view what = name.substr(dash + 1);
  return what == "ingress" || what == "egress" || what.starts_with("windows");
}

bool is_ours(std::string_view name) {
  if (name.ends_with(kUnfinished)) {
    name.remove_suffix(kUnfinished.size());
  }
  static const auto maps = Ledger::pin_names();
  return is_of_interface(name) || std::ranges::find(kOthers, name) != kOthers.end() ||
         std::ranges::find(maps, name) != maps.end();
}

std::optional<std::uint32_t> abi_of(std::string_view name) {
  std::uint32_t abi = 0;
  if (!name.starts_with('v') || !is_number(name.substr(1))) return std::nullopt;
  std::from_chars(name.data() + 1, name.data() + name.size(), abi);
  return abi;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : sys::entries_of(directory)) names.push_back(entry.filename());
  return names;
}

bool is_at(int fd, const std::string& path) {
  struct stat held{};
  struct stat there{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &there) == 0 &&
         held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return std::unexpected(sys::error_from(errno, "make " + path));
}

}  // namespace

Pins::Pins(std::string root) : root_(std::move(root)), directory_(directory_of(CGT_ABI_VERSION)) {}

Result<Pins> Pins::below(const std::string& bpffs) {
  struct statfs status{};
  if (::statfs(bpffs.c_str(), &status) != 0) {
    return std::unexpected(
        sys::error_from(errno, fmt::format("look at {}", bpffs), how_to_mount_bpffs(bpffs)));
  }
  if (status.f_type != kBpffsMagic) {
    return std::unexpected(Error{.what = fmt::format("{} is not a BPF file system", bpffs),
                                 .hint = how_to_mount_bpffs(bpffs),
                                 .failure = Failure::unsupported});
  }
  Pins pins(bpffs + "/cgtally");
  // Without this check a directory that we may not enter looks like a missing ledger.
  if (struct stat seen{}; ::stat(pins.directory_.c_str(), &seen) != 0 && errno == EACCES) {
    return std::unexpected(
        sys::error_from(EACCES, "look into " + bpffs, "run cgtally as root: sudo cgtally ..."));
  }
  if (auto checked = check_way_to(bpffs); !checked) return std::unexpected(checked.error());
  if (auto checked = pins.check_directories(); !checked) return std::unexpected(checked.error());
  return pins;
}

Result<void> Pins::check_directories() const {
  if (auto checked = check_pin_directory(root_); !checked) return checked;
  return check_pin_directory(directory_);
}

std::string Pins::directory_of(std::uint32_t abi) const {
  return fmt::format("{}/v{}", root_, abi);
}

bool Pins::exist() const { return exists(directory_ + "/header"); }

bool Pins::is_there() const { return exists(directory_); }

void Pins::sweep() const {
  for (const std::string& name : names_in(root_)) {
    const bool left = name.ends_with(kUnfinished) || name.ends_with(kForgotten);
    if (left && name.starts_with('v')) {
      (void)unpin(fmt::format("{}/{}", root_, name));
    }
  }
}

void Pins::leave_nothing() const {
  if (!exists(root_)) return;
  const auto locked = lock();
  if (!locked) return;
  sweep();
  ::rmdir(root_.c_str());
}

std::vector<std::uint32_t> Pins::other_abis() const {
  std::vector<std::uint32_t> abis;
  for (const std::string& name : names_in(root_)) {
    const auto abi = abi_of(name);
    if (abi && *abi != CGT_ABI_VERSION) {
      abis.push_back(*abi);
    }
  }
  std::ranges::sort(abis);
  return abis;
}

std::string Pins::bpffs() const { return std::filesystem::path(root_).parent_path(); }

Error Pins::cured(Error error) const {
  if (error.code == EROFS) {
    error.hint = fmt::format("make it writable: mount -o remount,rw {}", bpffs());
  }
  return error;
}

Result<Ledger> Pins::open(Access access) const {
  auto ledger = Ledger::open(directory_, access);
  if (!ledger) return std::unexpected(cured(std::move(ledger).error()));
  return ledger;
}

Result<sys::Fd> Pins::lock() const {
  for (;;) {
    if (auto made = make_directory(root_); !made) return std::unexpected(cured(made.error()));
    // Another may have made it meanwhile.
    if (auto checked = check_directories(); !checked) return std::unexpected(checked.error());
    if (auto checked = check_lockable(root_); !checked) return std::unexpected(checked.error());
    sys::Fd fd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd && errno == ENOENT) continue;
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      return std::unexpected(sys::error_from(errno, "lock " + root_));
    }
    // The previous holder may have removed the directory: a lock on a removed one protects nothing.
    if (is_at(fd.get(), root_)) return fd;
  }
}

bool Pins::kept() const {
  const sys::Fd fd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool Pins::are_in(const sys::Fd& held) const { return is_at(held.get(), root_); }

Result<sys::Fd> Pins::move_here(const sys::Fd& held) const {
  if (auto good = below(bpffs()); !good) return std::unexpected(good.error());
  auto locked = lock();
  if (!locked) return locked;
  if (is_there()) {
    return std::unexpected(Error{.what = fmt::format("another ledger is at {}", directory_),
                                 .hint = fmt::format("end this keeper: kill {}", ::getpid())});
  }
  const std::string from = fmt::format("/proc/self/fd/{}/v{}", held.get(), CGT_ABI_VERSION);
  const std::string making = fmt::format("{}{}", directory_, kUnfinished);
  sweep();
  auto moved = make_directory(making);
  if (moved) moved = pin_all_again(from, making);
  if (moved && std::rename(making.c_str(), directory_.c_str()) != 0) {
    moved = std::unexpected(sys::error_from(errno, "put the ledger at " + directory_));
  }
  if (!moved) {
    (void)unpin(making);
    return std::unexpected(cured(std::move(moved).error()));
  }
  (void)unpin(from);  // it may be mounted elsewhere, or come to light again
  return locked;
}

Result<Ledger> Pins::create(const LedgerOptions& options) const {
  auto made = make(options);
  if (!made) {  // lock() made it; it stays if there is anything in it
    ::rmdir(root_.c_str());
  }
  return made;
}

Result<Ledger> Pins::make(const LedgerOptions& options) const {
  auto ledger = Ledger::create(options);
  if (!ledger) return ledger;
  const std::string making = fmt::format("{}{}", directory_, kUnfinished);
  sweep();
  if (auto made = make_directory(making); !made) return std::unexpected(cured(made.error()));
  if (auto pinned = ledger->pin(making); !pinned) {
    (void)unpin(making);
    return std::unexpected(std::move(pinned).error());
  }
  if (std::rename(making.c_str(), directory_.c_str()) != 0) {
    const int code = errno;
    (void)unpin(making);
    return std::unexpected(
        sys::error_from(code, fmt::format("put the ledger at {}", directory_),
                        fmt::format("look what is there, and remove it: ls -l {}", directory_)));
  }
  return ledger;
}

Result<std::vector<std::string>> Pins::forget(const std::string& directory) const {
  sweep();
  // Renamed first: if this process is killed half-way, the next one must not find half a ledger.
  std::string here = directory;
  if (std::ranges::all_of(names_in(directory), is_ours)) {
    here += kForgotten;
    if (std::rename(directory.c_str(), here.c_str()) != 0) {
      here = directory;
    }
  }
  auto left = unpin(here);
  ::rmdir(root_.c_str());  // it stays if there is anything in it
  return left;
}

Result<std::vector<std::string>> Pins::unpin(const std::string& directory) {
  if (!exists(directory)) return std::unexpected(sys::error_from(ENOENT, "look at " + directory));
  std::vector<std::string> left;
  for (const std::string& name : names_in(directory)) {
    const std::string path = fmt::format("{}/{}", directory, name);
    if (!is_ours(name)) {
      left.push_back(path);
    } else if (::unlink(path.c_str()) != 0) {
      return std::unexpected(sys::error_from(errno, "remove " + path));
    }
  }
  if (left.empty() && ::rmdir(directory.c_str()) != 0) {
    return std::unexpected(sys::error_from(errno, "remove " + directory));
  }
  return left;
}

const std::uint32_t kAbiVersion = CGT_ABI_VERSION;

LedgerState state_of(const Ledger& ledger) {
  return static_cast<LedgerState>(__atomic_load_n(&ledger.header().state, __ATOMIC_ACQUIRE));
}

void set_state(Ledger& ledger, LedgerState state) {
  __atomic_store_n(&ledger.header().state, static_cast<std::uint32_t>(state), __ATOMIC_RELEASE);
}

void set_keeper(Ledger& ledger, int pid) {
  __atomic_store_n(&ledger.header().keeper_pid, pid, __ATOMIC_RELEASE);
}

int keeper_pid(const Ledger& ledger) {
  return __atomic_load_n(&ledger.header().keeper_pid, __ATOMIC_ACQUIRE);
}

void set_kept(Ledger& ledger, Nanoseconds boot) {
  __atomic_store_n(&ledger.header().kept_boot_ns, static_cast<std::uint64_t>(boot.count()),
                   __ATOMIC_RELEASE);
}

void ask_to_stop(Ledger& ledger, bool stop) {
  __atomic_store_n(&ledger.header().stop, stop ? 1U : 0U, __ATOMIC_RELEASE);
}

bool asked_to_stop(const Ledger& ledger) {
  return __atomic_load_n(&ledger.header().stop, __ATOMIC_ACQUIRE) != 0;
}

}  // namespace cgtally::bpf
