// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/step_down.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace cgtally::bpf {
namespace {

// The kernel's own ENOTSUPP, which is not in <cerrno>: a JIT that cannot call kernel functions.
constexpr int kNotSupportedByJit = 524;

bool is_refusal(const Error& error) {
  constexpr std::array kRefusals{EINVAL, EACCES, E2BIG,  ENOENT,     ESRCH,
                                 ENOSYS, EFAULT, ERANGE, EOPNOTSUPP, kNotSupportedByJit};
  return std::ranges::find(kRefusals, error.code) != kRefusals.end();
}

// The lookup of translations is left out first: it is a module's and the bigger one.
std::vector<KernelFacts> lesser(const KernelFacts& facts) {
  std::vector<KernelFacts> all;
  const auto add = [&](bool conntrack, bool cast) {
    all.push_back(facts);
    all.back().conntrack_lookup = conntrack;
    all.back().rdonly_cast = cast;
  };
  if (facts.conntrack_lookup) add(false, facts.rdonly_cast);
  if (facts.rdonly_cast) add(facts.conntrack_lookup, false);
  if (facts.conntrack_lookup && facts.rdonly_cast) add(false, false);
  return all;
}

}  // namespace

Result<void> step_down(KernelFacts& facts, const LoadAttempt& attempt) {
  const auto first = attempt(facts);
  if (first || !is_refusal(first.error())) return first;
  std::string of_conntrack = first.error().what;
  std::string of_cast = of_conntrack;
  for (KernelFacts& less : lesser(facts)) {
    const auto next = attempt(less);
    if (next) {
      const auto refuse = [&](const char* function, const std::string& why) {
        less.refused.push_back({.function = function, .why = why});
      };
      if (facts.conntrack_lookup && !less.conntrack_lookup)
        refuse("bpf_skb_ct_lookup", of_conntrack);
      if (facts.rdonly_cast && !less.rdonly_cast) refuse("bpf_rdonly_cast", of_cast);
      facts = less;
      return {};
    }
    if (!is_refusal(next.error())) return next;
    if (less.conntrack_lookup) of_conntrack = next.error().what;
    if (less.rdonly_cast) of_cast = next.error().what;
  }
  return first;
}

}  // namespace cgtally::bpf
