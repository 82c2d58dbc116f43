// SPDX-License-Identifier: Apache-2.0
// Output is collected in memory files, so that no pipe can fill up and no reader thread is needed.
#include "harness/host/command.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace cgtally::harness {
namespace {

std::string contents(const sys::Fd& file) {
  const auto size = lseek(file.get(), 0, SEEK_END);
  std::string text(static_cast<std::size_t>(size), '\0');
  require(pread(file.get(), text.data(), text.size(), 0) == size, "read output");
  return text;
}

sys::Fd memory_file(const std::string& text = "") {
  sys::Fd file(memfd_create("cgt", MFD_CLOEXEC));
  require(static_cast<bool>(file), "memfd_create");
  require(write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
          "write input");
  require(lseek(file.get(), 0, SEEK_SET) == 0, "rewind input");
  return file;
}

}  // namespace

void require(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error(what + ": " + std::strerror(errno));
}

Running::Running(const std::vector<std::string>& argv, const std::string& input)
    : in_(memory_file(input)), out_(memory_file()), err_(memory_file()) {
  start(argv, out_.get());
}

Running::Running(const std::vector<std::string>& argv, const sys::Fd& out)
    : in_(memory_file()), out_(memory_file()), err_(memory_file()) {
  start(argv, out.get());
}

void Running::start(const std::vector<std::string>& argv, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in_.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err_.get(), STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int code =
      posix_spawnp(&child_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  errno = code;
  require(code == 0, argv[0]);
}

Running::~Running() {
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

void Running::signal(int number) const { require(kill(child_, number) == 0, "kill"); }

std::string Running::said() const { return contents(err_); }

std::string Running::written() const { return contents(out_); }

Finished Running::wait() {
  int status = 0;
  require(waitpid(child_, &status, 0) == child_, "waitpid");
  child_ = -1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, contents(out_), contents(err_)};
}

Finished finish(const std::vector<std::string>& argv, const std::string& input) {
  return Running(argv, input).wait();
}

std::string run(const std::vector<std::string>& argv, const std::string& input) {
  const auto finished = finish(argv, input);
  if (finished.exit_code == 0) return finished.out;
  std::string line;
  for (const auto& argument : argv) line += argument + ' ';
  throw std::runtime_error(line + "exited with " + std::to_string(finished.exit_code) + ": " +
                           finished.err + finished.out);
}

}  // namespace cgtally::harness
