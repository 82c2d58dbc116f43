// SPDX-License-Identifier: Apache-2.0
// A pinned ledger in a BPF file system of the test's own, and the tools to check it from outside:
// the program as a process, traffic that goes on meanwhile, and a reader that checks every total
// all the time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/traffic/traffic.h"
#include "harness/host/command.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

// A BPF file system below the directory for temporary files. Its end unmounts it, which releases
// everything that is pinned there. The next test process unmounts those of processes that died.
class Bpffs {
 public:
  Bpffs();
  Bpffs(const Bpffs&) = delete;
  Bpffs& operator=(const Bpffs&) = delete;
  ~Bpffs();

  [[nodiscard]] const std::string& path() const { return path_; }
  void remount(const std::string& option) const;  // "ro", "rw"
  // Everything below the mount point but the kernel's own files, sorted: "cgtally/v4/header".
  [[nodiscard]] std::vector<std::string> entries() const;

 private:
  std::string path_;
};

// The directory of a ledger of this ABI.
[[nodiscard]] std::string ledger_below(const std::string& bpffs);

using Words = std::vector<std::string>;

// argv of a cgtally that works on the ledger in `bpffs`.
[[nodiscard]] Words on_ledger(const std::string& binary, const Bpffs& bpffs, Words words);
// A keeper that runs. Throws with its stderr if it ends instead.
[[nodiscard]] std::unique_ptr<Running> start_keeper(const Words& up);
// Throws with the program's stderr if `words` do not come.
void await_words(const Running& program, const std::string& words);

// What the pinned ledger holds, all accounts of all interfaces taken together: bytes and packets.
[[nodiscard]] Traffic booked(const Bpffs& bpffs);
// Both sides of the comparison, read while neither moved: what is counted, and what the wire has
// carried since `base`.
struct Balance {
  Traffic booked, truth;
};
// Both since then: what the device had carried at `base`, and what was booked.
[[nodiscard]] Balance settle(const Bpffs& bpffs, const MeasuredDevice& device, const Traffic& base,
                             const Traffic& booked_before = {});

// Sends datagrams in both directions, some of them as super-packets, as long as it lives.
class Stream {
 public:
  // What the host sends on the wire: datagrams, and super-packets of some frames.
  static constexpr std::uint64_t kDatagram = 742;
  static constexpr std::uint64_t kFramesOfSuper = 5;
  static constexpr std::uint64_t kBytesOfSuper = 6210;

  explicit Stream(const Wire& wire);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  void run();
  void pause();  // nothing more is sent when it returns
  void once();   // while paused: a little of each kind

 private:
  sys::Fd host_, remote_;
  std::atomic<bool> wanted_{false}, idle_{true}, ended_{false};
  std::thread thread_;
};

// Reads the pinned ledger over and over: no total may ever fall.
class MonotonyWatch {
 public:
  explicit MonotonyWatch(const Bpffs& bpffs);
  MonotonyWatch(const MonotonyWatch&) = delete;
  MonotonyWatch& operator=(const MonotonyWatch&) = delete;
  ~MonotonyWatch();
  // The number of readings. Throws if a total fell in one of them.
  std::uint64_t stop();

 private:
  void watch(const std::string& bpffs);
  std::atomic<bool> ended_{false};
  std::uint64_t readings_ = 0;
  std::string complaint_;
  std::thread thread_;
};

}  // namespace cgtally::harness
