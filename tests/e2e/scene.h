// SPDX-License-Identifier: Apache-2.0
// One run of the program in surroundings of the test's choice: an interface of its own (cgt0, whose
// other end is cgt1), an empty directory, and a thread that can be given less than root has. What
// must hold after every run, however it ended, is checked here.
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/host/command.h"
#include "harness/host/netns.h"
#include "harness/traffic/frames.h"

namespace cgtally::harness {

class Scene {
 public:
  Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene();

  [[nodiscard]] const Netns& netns() const { return netns_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string csv() const { return directory_ + "/samples.csv"; }
  // The text with DIR and NETNS replaced by what they are here.
  [[nodiscard]] std::string filled_in(std::string text) const;

  // Before the start: stdout is a pipe that takes `bytes` and that nobody reads.
  void pipe_stdout(int bytes = 65536);
  // In the calling thread's surroundings.
  void start(const std::vector<std::string>& arguments);
  [[nodiscard]] Finished wait();

  // While it runs.
  void signal(int number) const { program_->signal(number); }
  void await_words(const std::string& words) const;  // on stderr
  // Waits for `count` more rows with `mark`: each row of (kernel) is a whole interval.
  void await_rows(int count, const std::string& mark = ",(kernel),") const;
  // Frames that arrive at cgt0; they are (not ip).
  void send_frames(std::uint64_t count);
  void send_frames_until(const std::string& words);  // so that each interval has more rows
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  void await_full_pipe() const;
  // Takes lines from the pipe, then lets go of it.
  void read_lines_and_go(int count);

  void make_interface();
  void fill_disk() const;  // that of directory()
  void free_disk() const;

  // The file csv(), or what came on stdout.
  [[nodiscard]] std::string data(const Finished& finished, bool from_file) const;
  // Until the program has ended, and in the thread that started it.
  void keep(std::shared_ptr<void> thing) { kept_ = std::move(thing); }

 private:
  void await(const std::function<bool()>& holds, const std::string& what) const;

  Netns netns_{"fault"};
  std::string directory_;
  sys::Fd executable_;
  sys::Fd reader_, writer_;
  std::string read_;
  std::unique_ptr<Running> program_;
  std::unique_ptr<PacketSocket> far_end_;
  std::shared_ptr<void> kept_;
  std::uint64_t frames_ = 0;
};

// A process in a container's cgroup of a v1 hierarchy of its own; needs own_mounts().
class PodInCgroupV1 {
 public:
  explicit PodInCgroupV1(const std::string& mount_point);
  PodInCgroupV1(const PodInCgroupV1&) = delete;
  PodInCgroupV1& operator=(const PodInCgroupV1&) = delete;
  ~PodInCgroupV1();

 private:
  void mount_hierarchy() const;
  [[nodiscard]] bool hierarchy_goes() const;

  std::string mount_point_;
  std::string hierarchy_ = "name=cgt-" + std::to_string(getpid());
  std::string pod_;
  std::unique_ptr<Running> process_;
};

// `text` has the lines of `pattern`, in which * stands for anything within a line.
[[nodiscard]] bool looks_like(const std::string& text, const std::string& pattern);

[[nodiscard]] bool has_line_like(const std::string& text, const std::string& pattern);

// The rules of a recording: rows are whole, each total is the one before plus the row's delta, and
// each interval begins where the one before ended. Of an interface that was away for longer than an
// interval it begins later: there was nothing to count.
enum class Away : bool { never, for_a_while };
void expect_rows_without_gap(const std::string& csv, Away away = Away::never);
// Of the rows of an account, all intervals taken together.
[[nodiscard]] std::uint64_t packets_received(const std::string& csv, const std::string& account);

}  // namespace cgtally::harness
