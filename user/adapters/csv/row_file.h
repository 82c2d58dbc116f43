// SPDX-License-Identifier: Apache-2.0
// RowFile: where the rows of a command go, and in which form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cgtally::csv {

enum class RowFormat : std::uint8_t { csv, json_lines };

// A path, or "-" for stdout; empty: nobody wants the rows. Commands hand it to what writes rows.
// Does not open anything.
struct RowFile {
  RowFile() = default;
  RowFile(std::string file, RowFormat form = RowFormat::csv, std::string by = "--csv")
      : path(std::move(file)), format(form), option(std::move(by)) {}
  RowFile(const char* file) : path(file) {}

  // For an option that has no twin: a name that ends in .jsonl, .ndjson or .json asks for JSON
  // lines.
  [[nodiscard]] static RowFile by_name(std::string path, std::string option) {
    const std::string_view name = path;
    const bool json =
        name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".json");
    return {std::move(path), json ? RowFormat::json_lines : RowFormat::csv, std::move(option)};
  }

  [[nodiscard]] RowFile with_path(std::string other) const {
    RowFile file = *this;
    file.path = std::move(other);
    return file;
  }
  [[nodiscard]] bool empty() const { return path.empty(); }
  [[nodiscard]] bool to_stdout() const { return path == "-"; }

  std::string path;
  RowFormat format = RowFormat::csv;
  std::string option = "--csv";  // by which the user asked for it, for messages
  // Names in a CSV as they are, also those that a spreadsheet takes for a formula.
  bool plain_names = false;
};

}  // namespace cgtally::csv
