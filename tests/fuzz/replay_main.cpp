// SPDX-License-Identifier: Apache-2.0
// Runs targets on their seeds and on mutations of them, without libFuzzer: a look of seconds in
// every build. The same seed gives the same mutations. usage: SOURCE_DIR MILLISECONDS [TARGET...]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

namespace fs = std::filesystem;
using Random = std::minstd_rand;

constexpr std::size_t kLargestSeed = 8192;
constexpr const char* kKept = "fuzz-last-input";  // in the working directory

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text.resize(std::min(text.size(), kLargestSeed));
  return text;
}

void add_seeds(const fs::path& place, std::vector<std::string>& seeds) {
  if (!fs::is_directory(place)) return;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(place)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) seeds.push_back(content_of(file));
}

std::size_t below(std::size_t limit, Random& random) { return limit == 0 ? 0 : random() % limit; }

// What breaks readers: the largest numbers, ends of text, and characters that have a meaning.
constexpr auto kTokens = std::to_array<std::string_view>({"0",
                                                          "-1",
                                                          "18446744073709551615",
                                                          "9223372036854775808",
                                                          "1e19",
                                                          "nan",
                                                          "\"",
                                                          "\n",
                                                          ",",
                                                          "\\",
                                                          "\x1b",
                                                          "\x9b",
                                                          "\xe2\x80\xae",
                                                          "{",
                                                          "]",
                                                          "/",
                                                          "%",
                                                          {"\0", 1}});

void mutate(std::string& text, const std::vector<std::string>& seeds, Random& random) {
  const std::size_t at = below(text.size() + 1, random);
  const std::size_t length = below(std::min<std::size_t>(text.size() - at, 64) + 1, random);
  switch (below(6, random)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random());
      return;
    case 1:
      text.erase(at, length);
      return;
    case 2:
      text.insert(at, text, below(text.size() + 1, random), length);
      return;
    case 3:
      text.insert(at, kTokens[below(kTokens.size(), random)]);
      return;
    case 4:
      text.replace(at, length, kTokens[below(kTokens.size(), random)]);
      return;
    default: {
      const std::string& other = seeds[below(seeds.size(), random)];
      text.replace(at, std::string::npos, other, below(other.size() + 1, random),
                   std::string::npos);
    }
  }
}

std::string_view running;  // the input that a target has now

// Keeps the input of a crash for whoever looks into it.
void keep_input(int signal) {
  const int file = ::open(kKept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  (void)!::write(file, running.data(), running.size());
  (void)std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

void run(const Target& target, std::string_view input) {
  running = input;
  target.run(input);
}

std::size_t replay(const Target& target, const fs::path& sources, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::vector<std::string> seeds{""};
  add_seeds(sources / "tests/fuzz/seeds" / target.name, seeds);
  if (!target.more_seeds.empty()) add_seeds(sources / target.more_seeds, seeds);
  for (const std::string& seed : seeds) run(target, seed);
  Random random(17);
  std::size_t count = 0;
  for (; std::chrono::steady_clock::now() < end; ++count) {
    std::string text = seeds[below(seeds.size(), random)];
    for (std::size_t steps = 1 + below(4, random); steps > 0; --steps) mutate(text, seeds, random);
    run(target, text);
  }
  fmt::print("{:<18} {} seeds, {} mutations\n", target.name, seeds.size(), count);
  return count;
}

int run_all(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) {
    fmt::print(stderr, "usage: cgtally_fuzz_replay SOURCE_DIR MILLISECONDS [TARGET...]\n");
    return 2;
  }
  for (const int crash : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) (void)std::signal(crash, &keep_input);
  const std::chrono::milliseconds time(std::stoi(arguments[1]));
  std::vector<std::string> names(arguments.begin() + 2, arguments.end());
  if (names.empty()) {
    for (const Target& target : targets()) names.emplace_back(target.name);
  }
  for (const std::string& name : names) (void)replay(target_named(name), arguments[0], time);
  return 0;
}

}  // namespace
}  // namespace cgtally::fuzz

int main(int argc, char** argv) { return cgtally::fuzz::run_all({argv + 1, argv + argc}); }
