// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/ledger_choice.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

cgt_chosen chosen_from(cgt_chosen_kind kind, const std::string& text, bool ended) {
  cgt_chosen one{};
  one.kind = kind;
  one.ended = ended ? 1 : 0;
  std::memcpy(one.text, text.data(), std::min(text.size(), sizeof(one.text) - 1));
  return one;
}

}  // namespace

Result<void> write_choice(Ledger& ledger, const LedgerChoice& choice) {
  std::vector<cgt_chosen> all;
  for (const std::string& text : choice.interfaces) {
    all.push_back(chosen_from(CGT_CHOSEN_IFACE, text, false));
  }
  for (const LedgerChoice::Netns& one : choice.netns) {
    all.push_back(chosen_from(CGT_CHOSEN_NETNS, one.text, one.ended));
  }
  for (std::uint32_t at = 0; at < CGT_CHOSEN_ENTRIES; ++at) {
    if (at >= all.size()) {
      bpf_map_delete_elem(ledger.fd("choice"), &at);
    } else if (bpf_map_update_elem(ledger.fd("choice"), &at, &all[at], BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "record in the ledger what is counted"));
    }
  }
  return {};
}

LedgerChoice read_choice(const Ledger& ledger) {
  LedgerChoice choice;
  for (std::uint32_t at = 0; at < CGT_CHOSEN_ENTRIES; ++at) {
    cgt_chosen one{};
    if (bpf_map_lookup_elem(ledger.fd("choice"), &at, &one) != 0) break;
    const std::string text(one.text, strnlen(one.text, sizeof(one.text)));
    if (one.kind == CGT_CHOSEN_IFACE) {
      choice.interfaces.push_back(text);
    } else {
      choice.netns.push_back({.text = text, .ended = one.ended != 0});
    }
  }
  return choice;
}

}  // namespace cgtally::bpf
