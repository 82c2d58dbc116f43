// SPDX-License-Identifier: Apache-2.0
// The stack of the tc programs: 512 bytes for the deepest chain of calls, of which Linux up to 6.8
// takes a multiple of 32 for each function, later ones of 16. So a program may load here and not on
// an older kernel: the verifier here says what each function needs, and the older ones' sum is made
// of that. Also tests/vm/run shows it, which takes minutes.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/ledger/ledger_options.h"
#include "adapters/bpf/loading/program_loader.h"

namespace cgtally::prog {
namespace {

constexpr int kMostStack = 512;  // MAX_BPF_STACK
constexpr int kMostCalls = 8;    // MAX_CALL_FRAMES
constexpr int kOlderUnit = 32;
constexpr int kNewerUnit = 16;

using CallGraph = std::map<std::string, std::set<std::string>>;
using Depths = std::map<std::string, int>;

// The functions in the object and whom each calls, also where a constant of .rodata makes the call
// dead: the verifier adds those up as well, though what they need is then nothing.
class ObjectCode {
 public:
  explicit ObjectCode(std::span<const char> elf) : elf_(elf) {
    for (const auto& section : sections()) {
      if (section.sh_type == SHT_SYMTAB) note_functions(section);
    }
  }

  [[nodiscard]] CallGraph calls() const {
    CallGraph all;
    for (const auto& [place, name] : functions_) all[name];
    for (const auto& section : sections()) {
      if (section.sh_type == SHT_REL) add_calls_of_relocations(section, all);
    }
    for (std::size_t i = 0; i < sections().size(); ++i) add_calls_within(i, all);
    return all;
  }

 private:
  using Place = std::pair<std::size_t, std::uint64_t>;  // section, offset

  template <typename T>
  [[nodiscard]] std::span<const T> at(std::uint64_t offset, std::uint64_t bytes) const {
    return {reinterpret_cast<const T*>(elf_.data() + offset), bytes / sizeof(T)};
  }
  [[nodiscard]] std::span<const Elf64_Shdr> sections() const {
    const auto& header = at<Elf64_Ehdr>(0, sizeof(Elf64_Ehdr))[0];
    return at<Elf64_Shdr>(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  }
  [[nodiscard]] std::span<const Elf64_Sym> symbols(const Elf64_Shdr& section) const {
    return at<Elf64_Sym>(section.sh_offset, section.sh_size);
  }
  void note_functions(const Elf64_Shdr& section) {
    const char* names = elf_.data() + sections()[section.sh_link].sh_offset;
    for (const Elf64_Sym& one : symbols(section)) {
      if (ELF64_ST_TYPE(one.st_info) != STT_FUNC) continue;
      functions_[{one.st_shndx, one.st_value}] = names + one.st_name;
    }
  }
  // The function that has this instruction; empty if none.
  [[nodiscard]] std::string holder(Place place) const {
    const auto next = functions_.upper_bound(place);
    if (next == functions_.begin() || std::prev(next)->first.first != place.first) return {};
    return std::prev(next)->second;
  }
  [[nodiscard]] const bpf_insn& code(Place place) const {
    return at<bpf_insn>(sections()[place.first].sh_offset + place.second, sizeof(bpf_insn))[0];
  }
  static bool calls_another(const bpf_insn& one) {
    return one.code == (BPF_JMP | BPF_CALL) && one.src_reg == BPF_PSEUDO_CALL;
  }
  static std::uint64_t after(std::uint64_t offset, int instructions) {
    return offset + static_cast<std::uint64_t>((std::int64_t{instructions} + 1) *
                                               std::int64_t{sizeof(bpf_insn)});
  }
  void add_calls_of_relocations(const Elf64_Shdr& section, CallGraph& to) const {
    const auto symbols_of = symbols(sections()[section.sh_link]);
    for (const Elf64_Rel& one : at<Elf64_Rel>(section.sh_offset, section.sh_size)) {
      const Place from{section.sh_info, one.r_offset};
      const std::string caller = holder(from);
      if (caller.empty() || !calls_another(code(from))) continue;
      const Elf64_Sym& symbol = symbols_of[ELF64_R_SYM(one.r_info)];
      if (symbol.st_shndx == SHN_UNDEF) continue;  // the kernel's function
      to[caller].insert(holder({symbol.st_shndx, after(symbol.st_value, code(from).imm)}));
    }
  }
  // A call within its section has no relocation, and -1 stands where a relocation fills the place.
  void add_calls_within(std::size_t section, CallGraph& to) const {
    const Elf64_Shdr& one = sections()[section];
    if (one.sh_type != SHT_PROGBITS || (one.sh_flags & SHF_EXECINSTR) == 0) return;
    for (std::uint64_t offset = 0; offset < one.sh_size; offset += sizeof(bpf_insn)) {
      const bpf_insn& call = code({section, offset});
      if (!calls_another(call) || is_relocated({section, offset})) continue;
      to[holder({section, offset})].insert(holder({section, after(offset, call.imm)}));
    }
  }
  [[nodiscard]] bool is_relocated(Place place) const {
    return std::ranges::any_of(sections(), [&](const Elf64_Shdr& one) {
      return one.sh_type == SHT_REL && one.sh_info == place.first &&
             std::ranges::any_of(
                 at<Elf64_Rel>(one.sh_offset, one.sh_size),
                 [&](const Elf64_Rel& two) { return two.r_offset == place.second; });
    });
  }

  std::span<const char> elf_;
  std::map<Place, std::string> functions_;
};

// "stack depth 56+216+16": what is left of the program's functions, in their order.
std::vector<int> depths_in(std::string_view log) {
  constexpr std::string_view kBefore = "stack depth ";
  std::vector<int> all;
  auto at = log.find(kBefore);
  if (at == std::string_view::npos) return all;
  at += kBefore.size();
  for (const char* next = log.data() + at;; ++next) {
    int bytes = 0;
    const auto [end, code] = std::from_chars(next, log.data() + log.size(), bytes);
    if (code != std::errc()) return {};
    all.push_back(bytes);
    if (end == log.data() + log.size() || *end != '+') return all;
    next = end;
  }
}

// The names of the same functions, by the kernel.
std::vector<std::string> names_of_functions(int program_fd) {
  std::array<bpf_func_info, 256> functions{};
  bpf_prog_info info{};
  info.nr_func_info = functions.size();
  info.func_info_rec_size = sizeof(bpf_func_info);
  info.func_info = reinterpret_cast<std::uint64_t>(functions.data());
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(program_fd, &info, &size) != 0) return {};
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_from_kernel_by_id(info.btf_id),
                                                         &btf__free);
  std::vector<std::string> all;
  for (const auto& one : std::span(functions).first(info.nr_func_info)) {
    const auto* type = types ? btf__type_by_id(types.get(), one.type_id) : nullptr;
    all.emplace_back(type ? btf__name_by_offset(types.get(), type->name_off) : "");
  }
  return all;
}

// The deepest chain from one function on, as the verifier adds it up; 10 000 where it is too many
// calls.
int deepest(const CallGraph& calls, const Depths& depths, const std::string& from, int unit,
            int frame = 1) {
  if (frame > kMostCalls) return 10'000;
  int below = 0;
  for (const auto& called : calls.at(from)) {
    below = std::max(below, deepest(calls, depths, called, unit, frame + 1));
  }
  const auto own = depths.find(from);
  const int bytes = own == depths.end() ? 1 : std::max(own->second, 1);
  return below + (bytes + unit - 1) / unit * unit;
}

struct StackChoice {
  const char* name;
  bool rdonly_cast = false;
  bool conntrack = false;
  bool preempt_rt = false;
  int unit = kOlderUnit;
};

void PrintTo(const StackChoice& choice, std::ostream* out) { *out << choice.name; }

class Stack : public testing::TestWithParam<StackChoice> {
 protected:
  Stack() : facts_(bpf::probe_kernel()) {}
  // Loads the programs as that kernel would have them; each leaves what the verifier says of it.
  Result<bpf::Skeleton<tally_bpf>> load() {
    facts_.rdonly_cast = facts_.rdonly_cast && GetParam().rdonly_cast;
    facts_.conntrack_lookup = facts_.conntrack_lookup && GetParam().conntrack;
    facts_.preempt_rt = GetParam().preempt_rt;
    return bpf::load_prepared(facts_, [&](tally_bpf& one, const bpf::KernelFacts& facts) {
      bpf::configure_for_kernel(one, facts);
      if (!facts.preempt_rt) {
        bpf::writable(one.rodata->window_ns) =
            static_cast<std::uint64_t>(bpf::LedgerOptions{}.window.count());
      }
      std::size_t next = 0;
      for (bpf_program* program : programs_of(one)) {
        bpf_program__set_log_level(program, 4);  // BPF_LOG_STATS
        bpf_program__set_log_buf(program, logs_[next].data(), logs_[next].size());
        ++next;
      }
      return Result<void>{};
    });
  }
  static std::array<bpf_program*, 3> programs_of(const tally_bpf& one) {
    return {one.progs.cgt_ingress, one.progs.cgt_egress, one.progs.cgt_origin};
  }

  [[nodiscard]] std::string_view log_of(std::size_t program) const { return logs_[program].data(); }

 private:
  bpf::KernelFacts facts_;
  std::array<std::array<char, 65536>, 3> logs_{};
};

TEST_P(Stack, SufficesForEachChainOfCalls) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().what;
  std::size_t elf_size = 0;
  const auto* elf = static_cast<const char*>(tally_bpf::elf_bytes(&elf_size));
  const CallGraph calls = ObjectCode({elf, elf_size}).calls();
  std::size_t next = 0;
  for (const bpf_program* program : programs_of(**loaded)) {
    const std::string_view log = log_of(next++);
    const auto names = names_of_functions(bpf_program__fd(program));
    const auto bytes = depths_in(log);
    ASSERT_FALSE(names.empty());
    ASSERT_EQ(bytes.size(), names.size()) << log;
    Depths depths;
    for (std::size_t i = 0; i < names.size(); ++i) depths[names[i]] = bytes[i];
    const int needed = deepest(calls, depths, names.front(), GetParam().unit);
    EXPECT_LE(needed, kMostStack) << names.front();
    std::cout << names.front() << " needs " << needed << " of " << kMostStack << " bytes\n";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, Stack,
    testing::Values(StackChoice{.name = "Linux_5_10"},
                    StackChoice{.name = "Linux_6_1", .conntrack = true},
                    StackChoice{.name = "Linux_6_6", .rdonly_cast = true, .conntrack = true},
                    StackChoice{.name = "preempt_rt",
                                .rdonly_cast = true,
                                .conntrack = true,
                                .preempt_rt = true,
                                .unit = kNewerUnit}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace cgtally::prog
