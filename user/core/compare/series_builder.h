// SPDX-License-Identifier: Apache-2.0
// From rows of the samples CSV, of one host or several, to the series that is compared. Accounts
// that a glob matches are summed over their lives, pods, interfaces and hosts. Hosts meet by wall
// time: the one with the longest intervals gives the ends of all, and what the others counted is
// spread over those that it lies in. Only times of which every host has rows are compared. What a
// pod took and refused inside, by its rows of `lifecycle`, is taken off: nobody answered it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/compare/series.h"
#include "core/containers/grouping.h"
#include "core/lifecycle/row.h"
#include "core/traffic/sample.h"

namespace cgtally::compare {

struct Sides {
  std::string original;  // globs, as --account takes them
  std::string mirror;
  Grouping by = Grouping::cgroup;
};

// `compare` has one, for files as for a running session. Rows may come in any order.
class SeriesBuilder {
 public:
  explicit SeriesBuilder(Sides sides) : sides_(std::move(sides)) {}

  // An Error if both globs match the row's account.
  [[nodiscard]] Result<void> add(const Sample& row);
  // The end of a container, and the connections that were refused in its pod about then: a sibling
  // had received them, and has them in its rows.
  [[nodiscard]] Result<void> add(const lifecycle::Row& row);
  // An Error if a glob matched nothing, or a time of an account was added twice.
  [[nodiscard]] Result<Series> finish() const;
  // The names of accounts, for a hint: twenty at the most.
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }
  [[nodiscard]] bool matched(Side side) const {
    return !accounts_[static_cast<std::size_t>(side)].empty();
  }

 private:
  struct Span {
    Nanoseconds begin{};
    Nanoseconds end{};
    auto operator<=>(const Span&) const = default;
    [[nodiscard]] Nanoseconds length() const { return end - begin; }
  };
  struct Both {
    Amounts original;
    Amounts mirror;
  };
  struct Host {
    std::map<Span, Both> counted;
    std::set<Span> recorded;
  };
  using Hosts = std::map<std::string, Host>;
  struct Refused {
    Side side = Side::mirror;
    Span span;
    double requests = 0;
  };
  // Host, interface, account and cgroup id of rows that are compared.
  using RowKey = std::tuple<std::string, std::string, std::string, std::uint64_t>;

  class Grid;  // the work of finish()

  [[nodiscard]] Result<std::optional<Side>> side_of(const Sample& row);
  void note_end(const Sample& row, std::optional<Side> side, Span span);
  [[nodiscard]] Result<void> check_rows() const;
  [[nodiscard]] std::vector<ContainerEnd> ends() const;

  Sides sides_;
  std::unordered_map<std::string, std::optional<Side>> side_of_;  // by all names of an account
  Hosts hosts_;
  double connections_of_nobody_ = 0;
  std::map<RowKey, std::vector<Span>> rows_;
  std::set<std::string> accounts_[2];  // by Side
  std::set<std::string> names_;
  std::set<std::string> mirror_pods_;
  std::set<std::pair<std::string, std::uint64_t>> ended_;  // host and cgroup id
  std::vector<ContainerEnd> ends_;
  std::vector<Refused> refused_;
};

}  // namespace cgtally::compare
