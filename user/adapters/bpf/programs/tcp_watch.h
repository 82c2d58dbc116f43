// SPDX-License-Identifier: Apache-2.0
// The program that counts, for the owner cache of a ledger's packet programs, which TCP sockets of
// this kernel leave the state ESTABLISHED. It must be attached before those programs are, and must
// stay as long: they believe owners for up to a second where it reports no change.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"

namespace cgtally::bpf {

class Ledger;

inline constexpr const char* kTcpWatchPin = "tcp_states";

class TcpWatch {
 public:
  // Attached for as long as this object lives; for longer if pinned. Ends what the owner cache
  // believes from before: perhaps nothing watched then.
  static Result<TcpWatch> attach(const Ledger& ledger);

  TcpWatch(TcpWatch&&) noexcept;
  TcpWatch& operator=(TcpWatch&&) noexcept;
  ~TcpWatch();

  // Takes the place of an earlier pin below `directory` without a moment in which none is attached.
  Result<void> pin(const std::string& directory) const;

 private:
  struct Impl;
  explicit TcpWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
