// SPDX-License-Identifier: Apache-2.0
// Walks component by component, because the kernel's own protection may be off, and covers only
// links in directories that are sticky and that everybody may write to.
#include "adapters/files/place.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "adapters/sys/error.h"

namespace cgtally::files {
namespace {

constexpr long kProcMagic = 0x9fa0;
constexpr int kMostLinks = 40;  // as in the kernel
constexpr mode_t kDirectoryMode = 0750;
constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool is_ours(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

// What sudo says of the user who asked root to do this.
std::optional<std::uint32_t> told_by_sudo(const char* variable) {
  const char* text = ::geteuid() == 0 ? std::getenv(variable) : nullptr;
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::uint32_t id = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return id;
}

bool is_safe(int directory) {
  struct stat status{};
  return ::fstat(directory, &status) == 0 && is_ours(status.st_uid) &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool is_in_proc(int directory) {
  struct statfs status{};
  return ::fstatfs(directory, &status) == 0 && status.f_type == kProcMagic;
}

void put_before(std::deque<std::string>& names, std::string_view path) {
  std::deque<std::string> first;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (end != 0) first.emplace_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  names.insert(names.begin(), first.begin(), first.end());
}

const char* kind_of(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return "a file";
  if (S_ISFIFO(status.st_mode)) return "a pipe";
  return S_ISLNK(status.st_mode) ? "a symbolic link" : "something";
}

Error refused(const Place& place, const struct stat& status, const std::string& hint) {
  const std::string what =
      is_ours(status.st_uid)
          ? fmt::format(
                "{} is {} that has another name, too, and others may write to its directory",
                place.path, kind_of(status))
          : fmt::format("{} is {} of user {}, not of user {}", place.path, kind_of(status),
                        status.st_uid, ::geteuid());
  return {.what = what, .hint = hint, .code = EPERM};
}

enum class Towards : std::uint8_t { file, directory };

// One walk along a path.
class Walk {
 public:
  Walk(const std::string& path, Missing missing) : whole_(path), missing_(missing) {}

  Result<Place> go(Towards towards);

 private:
  [[nodiscard]] bool begin(std::string_view path);
  [[nodiscard]] bool enter(const std::string& name);
  [[nodiscard]] bool make(const std::string& name) const;
  [[nodiscard]] bool stays(const std::string& name) const;
  Result<void> follow(const std::string& name);
  [[nodiscard]] Place here(const std::string& name) const;
  [[nodiscard]] Error failed(int code) const { return sys::error_from(code, "open " + whole_); }

  std::string whole_;
  Missing missing_;
  std::deque<std::string> names_;  // those to come
  sys::Fd at_;
  std::string where_;
  int links_ = 0;
};

bool Walk::begin(std::string_view path) {
  put_before(names_, path);
  if (!path.starts_with('/') && at_) return true;
  where_ = path.starts_with('/') ? "/" : "";
  at_ = sys::Fd(::open(path.starts_with('/') ? "/" : ".", kDirectoryFlags));
  return static_cast<bool>(at_);
}

Place Walk::here(const std::string& name) const {
  return {.directory = sys::Fd(::fcntl(at_.get(), F_DUPFD_CLOEXEC, 0)),
          .name = name,
          .path = where_ + name,
          .safe = is_safe(at_.get()),
          .kernels = is_in_proc(at_.get())};
}

// O_DIRECTORY also makes an automounter mount what belongs there.
bool Walk::enter(const std::string& name) {
  const int follow = is_in_proc(at_.get()) ? 0 : O_NOFOLLOW;
  sys::Fd next(::openat(at_.get(), name.c_str(), kDirectoryFlags | follow));
  if (!next) return false;
  at_ = std::move(next);
  where_ += name + "/";
  return true;
}

bool Walk::make(const std::string& name) const {
  return missing_ == Missing::is_made &&
         (::mkdirat(at_.get(), name.c_str(), kDirectoryMode) == 0 || errno == EEXIST);
}

// `name` is a link, as far as is known.
Result<void> Walk::follow(const std::string& name) {
  const sys::Fd link(::openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!link || ::fstat(link.get(), &status) != 0) return std::unexpected(failed(errno));
  if (!S_ISLNK(status.st_mode)) return std::unexpected(failed(ENOTDIR));
  const Place place = here(name);
  if (!is_ours(status.st_uid) || (!place.safe && status.st_nlink != 1)) {
    return std::unexpected(
        refused(place, status, "name the file that it leads to, or remove the link"));
  }
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(link.get(), "", target.data(), target.size());
  if (length < 0) return std::unexpected(failed(errno));
  if (++links_ > kMostLinks) return std::unexpected(failed(ELOOP));
  if (!begin({target.data(), static_cast<std::size_t>(length)})) {
    return std::unexpected(failed(errno));
  }
  return {};
}

// False, with ELOOP: a link, whose target is to be looked at.
bool Walk::stays(const std::string& name) const {
  struct stat status{};
  const bool link = !is_in_proc(at_.get()) &&
                    ::fstatat(at_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISLNK(status.st_mode);
  if (link) errno = ELOOP;
  return !link;
}

Result<Place> Walk::go(Towards towards) {
  const bool to_file = towards == Towards::file;
  if (whole_.empty()) return std::unexpected(failed(ENOENT));
  if (to_file && whole_.ends_with('/')) return std::unexpected(failed(EISDIR));
  if (!begin(whole_)) return std::unexpected(failed(errno));
  while (!names_.empty()) {
    const std::string name = std::move(names_.front());
    names_.pop_front();
    const bool last = to_file && names_.empty();
    if (last && stays(name)) return here(name);
    if (!last && (enter(name) || (errno == ENOENT && make(name) && enter(name)))) continue;
    if (errno != ENOTDIR && errno != ELOOP) return std::unexpected(failed(errno));
    if (auto followed = follow(name); !followed) return std::unexpected(followed.error());
  }
  return here(".");
}

}  // namespace

Result<Place> find_place(const std::string& path, Missing directories) {
  return Walk(path, directories).go(Towards::file);
}

Result<Place> find_directory(const std::string& path, Missing directories) {
  return Walk(path, directories).go(Towards::directory);
}

Result<std::vector<std::string>> names_in(const Place& place) {
  sys::Fd readable(::openat(place.directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> all(readable ? ::fdopendir(readable.get()) : nullptr,
                                                ::closedir);
  if (!all) return std::unexpected(sys::error_from(errno, "read " + place.path));
  (void)readable.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(all.get())) names.emplace_back(entry->d_name);
  return names;
}

Result<void> check_owner(const Place& place, const struct stat& status) {
  // A file of the user who called sudo can harm nobody else; a link of theirs could.
  const bool of_caller = !S_ISLNK(status.st_mode) && told_by_sudo("SUDO_UID") == status.st_uid;
  if (place.safe || place.kernels || of_caller) return {};
  if (is_ours(status.st_uid) && (status.st_nlink <= 1 || !S_ISREG(status.st_mode))) return {};
  return std::unexpected(refused(place, status, "choose another file, or remove that one"));
}

void hand_to_caller(int fd) {
  if (const auto group = told_by_sudo("SUDO_GID")) {
    // Where that cannot be done the file stays root's alone, which is safe.
    if (::fchown(fd, static_cast<uid_t>(-1), static_cast<gid_t>(*group)) != 0) return;
  }
}

}  // namespace cgtally::files
