// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/lifecycle_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/samples.h"
#include "core/base/glob.h"
#include "core/lifecycle/advice.h"
#include "core/lifecycle/from_samples.h"
#include "core/lifecycle/lines.h"
#include "core/lifecycle/names.h"
#include "monitor/offline/new_csv.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kWidthOfLines = 100;

class LifecycleReplay {
 public:
  explicit LifecycleReplay(const LifecycleReplayOptions& options)
      : options_(options), samples_(options.by) {}

  Result<void> read(text::Input& input) {
    const std::string head(input.head());
    auto done = csv::is_lifecycle_header(head.substr(0, head.find('\n') + 1)) ? read_lives(input)
                                                                              : read_samples(input);
    if (auto intact = input.intact(); !intact) return intact;
    return done;
  }

  Result<std::string> finish() {
    std::ranges::move(std::move(samples_).finish(), std::back_inserter(rows_));
    std::ranges::stable_sort(rows_, {}, [](const auto& row) { return row.at.wall; });
    std::erase_if(rows_, [this](const lifecycle::Row& row) {
      return !account_passes(options_.account, row.account, row.owner);
    });
    NewCsv csv(options_.rows, csv::lifecycle_header());
    std::string text;
    lifecycle::EndHistory history;
    for (lifecycle::Row& row : rows_) {
      if (row.event == lifecycle::Event::ended) row.ends = history.add(row);
      text += fmt::format("{}\n", fmt::join(lifecycle::lines_of(row, kWidthOfLines), "\n"));
      if (auto written = csv.add(csv::lifecycle_row(row)); !written) {
        return std::unexpected(std::move(written).error());
      }
    }
    if (auto written = csv.finish(); !written) return std::unexpected(std::move(written).error());
    if (rows_.empty()) return std::string("no container begins or ends in these files\n");
    const auto advice = lifecycle::advice_of(history);
    if (!advice.empty()) text += fmt::format("\n{}\n", fmt::join(advice, "\n"));
    return text;
  }

 private:
  Result<void> read_lives(text::Input& input) {
    return csv::for_each_lifecycle_row(input.stream(), input.name(), [this](lifecycle::Row row) {
      row.name = lifecycle::name_of_ends(options_.by, row.account, row.owner);
      rows_.push_back(std::move(row));
      return Result<void>{};
    });
  }

  Result<void> read_samples(text::Input& input) {
    return csv::for_each_sample(input.stream(), input.name(),
                                [this](const Sample& row, std::size_t) {
                                  if (on_interface(row)) samples_.add(row);
                                  return Result<void>{};
                                });
  }

  [[nodiscard]] bool on_interface(const Sample& row) const {
    return options_.interfaces.empty() ||
           std::ranges::any_of(options_.interfaces, [&row](const std::string& glob) {
             return matches_glob(glob, row.iface);
           });
  }

  const LifecycleReplayOptions& options_;
  lifecycle::FromSamples samples_;
  std::vector<lifecycle::Row> rows_;
};

}  // namespace

Result<std::string> replay_lifecycle(std::vector<text::Input>& inputs,
                                     const LifecycleReplayOptions& options) {
  LifecycleReplay replay(options);
  for (text::Input& input : inputs) {
    if (auto read = replay.read(input); !read) return std::unexpected(std::move(read).error());
  }
  return replay.finish();
}

}  // namespace cgtally::monitor
