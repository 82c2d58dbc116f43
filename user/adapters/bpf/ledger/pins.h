// SPDX-License-Identifier: Apache-2.0
// The pins of a ledger, below <bpffs>/cgtally/v<ABI>, and the lock of its keeper: an flock of the
// directory <bpffs>/cgtally, because a pinned map cannot be locked. Renames make a ledger appear
// and vanish as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

enum class LedgerState : std::uint8_t { making, up, down, forgotten, moved };

// The directory of the pinned ledger. `up`, `down`, `status`, the keeper and readers find the
// ledger by it. Removes only files whose names a ledger uses, and never reads or writes a map.
class Pins {
 public:
  // An Error if `bpffs` is not a mounted BPF file system, or if others than root and this user
  // could exchange what is pinned there.
  static Result<Pins> below(const std::string& bpffs);

  // Holds the maps and links of the ledger of this ABI.
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] bool exist() const;
  // Whether the directory exists, even if the ledger in it is not whole.
  [[nodiscard]] bool is_there() const;
  // Removes what killed processes had begun to make or to forget. Under the lock.
  void sweep() const;
  // Takes the lock, sweeps, and removes <bpffs>/cgtally if it is empty.
  void leave_nothing() const;
  // ABI versions of other ledgers there, lowest first.
  [[nodiscard]] std::vector<std::uint32_t> other_abis() const;
  [[nodiscard]] std::string directory_of(std::uint32_t abi) const;

  // Makes <bpffs>/cgtally and locks it until the result is destroyed. EWOULDBLOCK: a keeper runs.
  Result<sys::Fd> lock() const;
  [[nodiscard]] bool kept() const;
  // Whether `held`, a result of lock(), is the directory at its path: the file system may have been
  // unmounted, or another may be mounted over it.
  [[nodiscard]] bool are_in(const sys::Fd& held) const;
  // For the keeper that holds `held`, which still has all pins: moves them to the file system that
  // is mounted at the path now, and returns the lock there.
  [[nodiscard]] Result<sys::Fd> move_here(const sys::Fd& held) const;

  // Under the lock.
  Result<Ledger> create(const LedgerOptions& options) const;
  [[nodiscard]] Result<Ledger> open(Access access) const;
  // Unpins everything of ours below `directory`, and removes directories that are then empty.
  // Returns the paths that stay because they are not ours.
  Result<std::vector<std::string>> forget(const std::string& directory) const;
  [[nodiscard]] Result<std::vector<std::string>> forget() const { return forget(directory_); }

 private:
  explicit Pins(std::string root);
  [[nodiscard]] Result<void> check_directories() const;
  [[nodiscard]] Error cured(Error error) const;
  Result<Ledger> make(const LedgerOptions& options) const;
  [[nodiscard]] std::string bpffs() const;
  static Result<std::vector<std::string>> unpin(const std::string& directory);
  std::string root_;
  std::string directory_;
};

extern const std::uint32_t kAbiVersion;

[[nodiscard]] LedgerState state_of(const Ledger& ledger);
void set_state(Ledger& ledger, LedgerState state);

// Messages between a keeper and the process that asks it to end; they pass through the ledger's
// header, because the two may be in different PID namespaces.
void set_keeper(Ledger& ledger, int pid);  // 0: the keeper has ended
[[nodiscard]] int keeper_pid(const Ledger& ledger);
void set_kept(Ledger& ledger, Nanoseconds boot);
void ask_to_stop(Ledger& ledger, bool stop);
[[nodiscard]] bool asked_to_stop(const Ledger& ledger);

}  // namespace cgtally::bpf
