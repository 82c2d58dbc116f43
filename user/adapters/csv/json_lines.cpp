// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/json_lines.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "adapters/csv/rfc4180.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace cgtally::csv {
namespace {

// In the order of the alphabet.
constexpr auto kTextColumns = std::to_array<std::string_view>({"account",
                                                               "basis",
                                                               "begin",
                                                               "binds",
                                                               "cause",
                                                               "container",
                                                               "counted",
                                                               "counter",
                                                               "direction",
                                                               "event",
                                                               "extent",
                                                               "finding",
                                                               "first",
                                                               "first_empty_hi",
                                                               "first_empty_lo",
                                                               "first_exhausted",
                                                               "full_until",
                                                               "host",
                                                               "iface",
                                                               "instance_type",
                                                               "last",
                                                               "ledger",
                                                               "name",
                                                               "namespace",
                                                               "node",
                                                               "over_the_load",
                                                               "pod",
                                                               "pod_state",
                                                               "quantity",
                                                               "sibling_names",
                                                               "source",
                                                               "state",
                                                               "time",
                                                               "top_account",
                                                               "verdict"});

std::vector<std::string> fields_of(std::string_view record) {
  std::istringstream in{std::string(record)};
  RecordReader reader(in, ',', Origin::ours);
  if (const auto read = reader.next(); !read || !*read) return {};
  return reader.fields();
}

// As JSON's grammar has it: no "inf", no leading zeros, no sign but '-'.
bool is_number(std::string_view text) {
  const auto digits = [&text] {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view found = text.substr(0, end);
    text.remove_prefix(end);
    return found;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::string_view whole = digits();
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (!text.starts_with('.')) return text.empty();
  text.remove_prefix(1);
  return !digits().empty() && text.empty();
}

// Past the value at the beginning of `text`; npos if the text ends before.
std::size_t end_of_value(std::string_view text) {
  if (!text.starts_with('"')) return text.find_first_of(",}");
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

ColumnKind kind_of_column(std::string_view name) {
  return std::ranges::find(kTextColumns, name) == kTextColumns.end() ? ColumnKind::number
                                                                     : ColumnKind::text;
}

JsonLines::JsonLines(std::string_view header) {
  for (const std::string& name : fields_of(header)) {
    keys_.push_back({.text = json_string(name) + ":", .kind = kind_of_column(name)});
  }
}

std::string JsonLines::line(std::string_view record) const {
  const std::vector<std::string> fields = fields_of(record);
  std::string text;
  text.reserve(record.size() * 3);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::string_view field = i < fields.size() ? std::string_view(fields[i]) : "";
    text += i == 0 ? '{' : ',';
    text += keys_[i].text;
    if (field.empty()) {
      text += "null";
    } else if (keys_[i].kind == ColumnKind::number && is_number(field)) {
      text += field;
    } else {
      text += json_string(field);
    }
  }
  return text += "}\n";
}

bool JsonLines::wrote(std::string_view line) const {
  const bool torn = !line.ends_with('\n');
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::string key = (i == 0 ? "{" : ",") + keys_[i].text;
    if (torn && key.starts_with(line)) return true;
    if (!line.starts_with(key)) return false;
    line.remove_prefix(key.size());
    const std::size_t end = end_of_value(line);
    if (end == std::string_view::npos) return torn;
    line.remove_prefix(end);
  }
  return line == "}\n" || (torn && (line.empty() || line == "}"));
}

}  // namespace cgtally::csv
