// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/recordings.h"

#include <fmt/core.h>

#include "adapters/csv/samples.h"
#include "core/base/text.h"

namespace cgtally::csv {
namespace {

Result<void> read_input(text::Input& input, const OnRow& on_row) {
  std::size_t rows = 0;
  const std::string& name = input.name();
  auto read = for_each_sample(input.stream(), name, [&](const Sample& row, std::size_t line) {
    ++rows;
    return on_row(row, fmt::format("{}: line {}", name, line));
  });
  if (auto intact = input.intact(); !intact) return intact;
  if (!read || rows > 0) return read;
  return std::unexpected(Error{.what = name + " has a header and no rows",
                               .hint = "record for longer than one interval"});
}

}  // namespace

Result<std::vector<text::Input>> open_inputs(const std::vector<std::string>& files) {
  std::vector<text::Input> inputs;
  for (const std::string& file : files) {
    auto input = text::Input::open(file);
    if (!input) return std::unexpected(std::move(input).error());
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

Result<void> read_recordings(std::vector<text::Input>& inputs, const OnRow& on_row) {
  for (text::Input& input : inputs) {
    if (auto read = read_input(input, on_row); !read) return read;
  }
  return {};
}

// One file after the other is opened, so that a thousand files need not be open at once.
Result<void> read_recordings(const std::vector<std::string>& files, const OnRow& on_row) {
  for (const std::string& file : files) {
    auto input = text::Input::open(file);
    if (!input) return std::unexpected(std::move(input).error());
    if (auto read = read_input(*input, on_row); !read) return read;
  }
  return {};
}

bool may_be_uplink(std::string_view iface) { return iface != "lo" && !iface.starts_with("veth"); }

Error no_match(const std::string& kind, const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i) {
    list += (list.empty() ? "" : ", ") + printable(names[i]);
  }
  return {.what = fmt::format("no {} in the recording matches", kind),
          .hint = fmt::format("the recording has {}", list),
          .failure = Failure::usage};
}

}  // namespace cgtally::csv
