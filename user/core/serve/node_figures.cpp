// SPDX-License-Identifier: Apache-2.0
#include "core/serve/node_figures.h"

#include <utility>

namespace cgtally::serve {

void NodeFigures::show(std::vector<Sample> opening, const Moment& now) {
  std::erase_if(opening, [](const Sample& one) { return one.totals.empty(); });
  for (Sample& sample : opening) sample.delta = {};
  table_.add(opening, now);
}

void NodeFigures::add(const std::vector<Sample>& samples, const Moment& now) {
  page_ = book_.add(samples, now);
  table_.add(samples, now);
  for (const Sample& sample : samples) named_[sample.iface].add(sample);
  std::erase_if(named_, [this](const auto& one) { return !book_.has_interface(one.first); });
}

void NodeFigures::fill(NodeState& state) const {
  state.series = book_.page();
  state.page_number = page_;
  state.accounts = table_.accounts();
  std::map<std::string, InterfaceLine> lines;
  for (InterfaceLine& line : table_.interfaces()) lines[line.name] = std::move(line);
  for (const InterfaceSeries& one : state.series.interfaces) {
    InterfaceLine& line = lines[one.iface];
    line.name = one.iface;
    state.interfaces.push_back({.line = std::move(line), .totals = one.all.value});
  }
  for (const auto& [iface, share] : named_) state.named[iface] = share.named();
  for (const AccountSeries& one : state.series.accounts) {
    if (one.account != reason_name(AccountKind::overflow)) continue;
    state.ledger.overflow_bytes += one.counter.value.bytes();
  }
}

}  // namespace cgtally::serve
