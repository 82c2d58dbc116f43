// SPDX-License-Identifier: Apache-2.0
// Where a ledger lies in bpffs, <bpffs>/cgtally/v<ABI>, and who keeps it: a lock on the directory
// <bpffs>/cgtally, because a pinned map cannot be locked. A ledger appears whole or not at all, and
// forgetting removes what is ours and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

inline constexpr const char* kDefaultBpffs = "/sys/fs/bpf";

enum class LedgerState : std::uint8_t { making, up, down, forgotten, moved };

class Pins {
 public:
  // An Error where `bpffs` is no BPF file system.
  static Result<Pins> below(const std::string& bpffs);

  // Of this ABI: where its maps and links are.
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] bool exist() const;
  // Something is there, whole or not.
  [[nodiscard]] bool is_there() const;
  // Removes what killed processes left: under the lock, what they had begun to make or to forget;
  // takes the lock, that and <bpffs>/cgtally if nothing else is in it.
  void sweep() const;
  void leave_nothing() const;
  // ABI versions of other ledgers there, lowest first.
  [[nodiscard]] std::vector<std::uint32_t> other_abis() const;
  [[nodiscard]] std::string directory_of(std::uint32_t abi) const;

  // Makes <bpffs>/cgtally and locks it until the result goes. EWOULDBLOCK: somebody keeps it.
  Result<sys::Fd> lock() const;
  [[nodiscard]] bool kept() const;

  // Under the lock.
  Result<Ledger> create(const LedgerOptions& options) const;
  [[nodiscard]] Result<Ledger> open(Access access) const;
  // Unpins everything of ours below `directory`, and removes what is empty then. The names that are
  // left, which are not ours.
  Result<std::vector<std::string>> forget(const std::string& directory) const;
  [[nodiscard]] Result<std::vector<std::string>> forget() const { return forget(directory_); }

 private:
  explicit Pins(std::string root);
  [[nodiscard]] Error cured(Error error) const;
  Result<Ledger> make(const LedgerOptions& options) const;
  static Result<std::vector<std::string>> unpin(const std::string& directory);
  std::string root_;
  std::string directory_;
};

extern const std::uint32_t kAbiVersion;

[[nodiscard]] LedgerState state_of(const Ledger& ledger);
void set_state(Ledger& ledger, LedgerState state);

// What a keeper and whoever wants it to end tell each other, across all namespaces.
void set_keeper(Ledger& ledger, int pid);  // 0: none any more
[[nodiscard]] int keeper_pid(const Ledger& ledger);
void set_kept(Ledger& ledger, Nanoseconds boot);
void ask_to_stop(Ledger& ledger, bool stop);
[[nodiscard]] bool asked_to_stop(const Ledger& ledger);

}  // namespace cgtally::bpf
