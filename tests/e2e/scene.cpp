// SPDX-License-Identifier: Apache-2.0
#include "e2e/scene.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <tuple>

#include "adapters/csv/samples.h"
#include "harness/host/cgroup.h"

namespace cgtally::harness {
namespace {

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool line_looks_like(std::string_view line, std::string_view pattern) {
  if (pattern.empty()) return line.empty();
  if (pattern[0] != '*') {
    return !line.empty() && line[0] == pattern[0] &&
           line_looks_like(line.substr(1), pattern.substr(1));
  }
  for (std::size_t skipped = 0; skipped <= line.size(); ++skipped) {
    if (line_looks_like(line.substr(skipped), pattern.substr(1))) return true;
  }
  return false;
}

std::vector<Sample> samples_of(const std::string& csv) {
  std::istringstream text(csv);
  auto samples = csv::read_samples(text);
  if (!samples) throw std::runtime_error(samples.error().what);
  return *std::move(samples);
}

}  // namespace

Scene::Scene() : executable_(open(CGTALLY_BINARY, O_RDONLY | O_CLOEXEC)) {
  require(static_cast<bool>(executable_), CGTALLY_BINARY);
  directory_ = std::filesystem::temp_directory_path() / netns_.name();
  require(std::filesystem::create_directories(directory_), "make " + directory_);
  netns_.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
  make_interface();
}

void Scene::make_interface() {
  netns_.ip("link add cgt0 type veth peer name cgt1\nlink set cgt0 up\nlink set cgt1 up\n");
  far_end_ = std::make_unique<PacketSocket>(netns_, "cgt1");
}

Scene::~Scene() {
  program_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Scene::filled_in(std::string text) const {
  for (const auto& [word, value] :
       {std::pair{"DIR", directory_}, std::pair{"NETNS", netns_.name()}}) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word)) {
      text.replace(at, std::string_view(word).size(), value);
    }
  }
  return text;
}

void Scene::pipe_stdout(int bytes) {
  int ends[2];
  require(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  reader_ = sys::Fd(ends[0]);
  writer_ = sys::Fd(ends[1]);
  require(fcntl(writer_.get(), F_SETPIPE_SZ, bytes) >= 0, "size of a pipe");
}

void Scene::start(const std::vector<std::string>& arguments) {
  // By its descriptor: who is nobody may not walk the path that leads to the build.
  std::vector<std::string> argv{"/proc/self/fd/" + std::to_string(executable_.get())};
  for (const auto& argument : arguments) argv.push_back(filled_in(argument));
  program_ = writer_ ? std::make_unique<Running>(argv, writer_) : std::make_unique<Running>(argv);
  writer_ = sys::Fd();
}

Finished Scene::wait() {
  auto finished = program_->wait();
  kept_.reset();
  std::array<char, 65536> block{};
  while (reader_) {
    const auto got = read(reader_.get(), block.data(), block.size());
    if (got <= 0) break;
    read_.append(block.data(), static_cast<std::size_t>(got));
  }
  return finished;
}

void Scene::await(const std::function<bool()>& holds, const std::string& what) const {
  // A limit only for what never comes: a busy machine is late.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("waited in vain for " + what + "; on stderr was: " + program_->said());
}

void Scene::await_words(const std::string& words) const {
  await([&] { return program_->said().find(words) != std::string::npos; }, words);
}

void Scene::await_rows(int count, const std::string& mark) const {
  const auto rows = [&] {
    const auto text = content_of(csv());
    int found = 0;
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) ++found;
    return found;
  };
  const auto before = rows();
  await([&] { return rows() >= before + count; }, "rows in " + csv());
}

void Scene::send_frames(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    far_end_->send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(100)));
  }
  frames_ += count;
}

void Scene::send_frames_until(const std::string& words) {
  const auto said = [&] {
    send_frames(1);
    return program_->said().find(words) != std::string::npos;
  };
  await(said, words);
}

// The writing end, as another process would open it, shows whether there is room.
void Scene::await_full_pipe() const {
  const auto path = "/proc/self/fd/" + std::to_string(reader_.get());
  const sys::Fd writer(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  require(static_cast<bool>(writer), "open the pipe");
  const auto full = [&] {
    pollfd room{.fd = writer.get(), .events = POLLOUT, .revents = 0};
    return poll(&room, 1, 0) == 0;
  };
  await(full, "a full pipe");
}

void Scene::read_lines_and_go(int count) {
  std::array<char, 65536> block{};
  while (std::ranges::count(read_, '\n') < count) {
    const auto got = read(reader_.get(), block.data(), block.size());
    require(got > 0, "read the pipe");
    read_.append(block.data(), static_cast<std::size_t>(got));
  }
  reader_ = sys::Fd();
}

void Scene::fill_disk() const {
  const sys::Fd file(open((directory_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  require(static_cast<bool>(file), "make ballast");
  const std::array<char, 512> block{};
  while (write(file.get(), block.data(), block.size()) > 0) {
  }
  require(errno == ENOSPC, "fill the disk");
}

void Scene::free_disk() const { std::filesystem::remove(directory_ + "/ballast"); }

std::string Scene::data(const Finished& finished, bool from_file) const {
  return from_file ? content_of(csv()) : finished.out + read_;
}

PodInCgroupV1::PodInCgroupV1(const std::string& mount_point)
    : mount_point_(mount_point), pod_(mount_point + "/kubepods") {
  mount_hierarchy();
  require(mkdir(pod_.c_str(), 0755) == 0, "mkdir " + pod_);
  process_ = std::make_unique<Running>(std::vector<std::string>{"sleep", "60"});
  for (const auto& place : {pod_, cgroup2_root()}) {
    std::ofstream(place + "/cgroup.procs") << process_->pid() << std::flush;
  }
}

// Without controllers: every kernel has room for one more of these.
void PodInCgroupV1::mount_hierarchy() const {
  const auto options = "none," + hierarchy_;
  require(mount("cgt", mount_point_.c_str(), "cgroup", 0, options.c_str()) == 0,
          "mount a cgroup v1 hierarchy");
}

// The kernel takes a while to destroy a cgroup after its rmdir, and a minute if an earlier test has
// removed ten thousand: they go one after the other. A hierarchy that is unmounted
// before that stays for ever, unless it is mounted once more to be let go.
PodInCgroupV1::~PodInCgroupV1() {
  process_.reset();
  try {
    for (int attempt = 0; attempt < 200; ++attempt) {
      rmdir(pod_.c_str());
      umount2(mount_point_.c_str(), MNT_DETACH);
      if (hierarchy_goes()) return;
      mount_hierarchy();
    }
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  ADD_FAILURE() << "the hierarchy " << hierarchy_ << " stays";
}

bool PodInCgroupV1::hierarchy_goes() const {
  for (int attempt = 0; attempt < 50; ++attempt) {
    if (content_of("/proc/self/cgroup").find(hierarchy_ + ":") == std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

bool looks_like(const std::string& text, const std::string& pattern) {
  std::istringstream lines(text), wanted(pattern);
  std::string line, one;
  while (std::getline(wanted, one)) {
    if (!std::getline(lines, line) || !line_looks_like(line, one)) return false;
  }
  return !std::getline(lines, line);
}

bool has_line_like(const std::string& text, const std::string& pattern) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line_looks_like(line, pattern)) return true;
  }
  return false;
}

void expect_rows_without_gap(const std::string& csv, Away away) {
  if (csv.empty()) return;
  EXPECT_TRUE(csv.starts_with(csv::samples_header())) << csv;
  EXPECT_TRUE(csv.ends_with('\n')) << "a torn line: " << csv;
  using Key = std::tuple<std::string, std::string, std::string, std::uint64_t>;
  std::map<Key, Sample> last;
  for (const Sample& sample : samples_of(csv)) {
    const Key key{sample.ledger, sample.iface, sample.account, sample.cgroup_id};
    const auto before = last.find(key);
    if (sample.state == SampleState::reset) {
      EXPECT_EQ(sample.totals, sample.delta) << sample.account.str();
    } else if (before != last.end()) {
      auto expected = before->second.totals;
      expected += sample.delta;
      EXPECT_EQ(sample.totals, expected) << sample.account.str();
      if (sample.account == "(kernel)") {
        const auto begin = sample.taken.boot - sample.interval;
        EXPECT_GE(begin, before->second.taken.boot);
        EXPECT_TRUE(begin == before->second.taken.boot || away == Away::for_a_while);
      }
    }
    last.insert_or_assign(key, sample);
  }
}

std::uint64_t packets_received(const std::string& csv, const std::string& account) {
  Packets sum{};
  for (const Sample& sample : samples_of(csv)) {
    if (sample.account == account) sum += sample.delta.rx_packets;
  }
  return sum.value;
}

}  // namespace cgtally::harness
