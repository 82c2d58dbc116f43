// SPDX-License-Identifier: Apache-2.0
// Text of others on its way to people and files: harmless, and as wide as was asked for.
#include <sstream>

#include "adapters/csv/rfc4180.h"
#include "core/base/json.h"
#include "core/base/json_reader.h"
#include "core/base/text.h"
#include "core/html/html.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

void require_width(std::string_view text, std::size_t width) {
  require(display_width(shorten(text, width)) <= width, "shortened text fits");
  require(display_width(clip(text, width)) <= width, "clipped text fits");
  require(display_width(pad_left(text, width)) >= width, "padded text is wide enough");
  require(display_width(pad_right(text, width)) >= width, "padded text is wide enough");
  for (const std::string& line : wrap(text, width + 4, 2)) {
    require(display_width(line) <= width + 4, "wrapped lines fit");
  }
}

void require_in_json(const std::string& text) {
  std::string found;
  const bool good = for_each_json_string(
      json_string(text), [&](const JsonPath&, const std::string& value) { found = value; });
  require(good && found == text, "harmless text is the same in JSON");
}

void require_in_csv(const std::string& text) {
  csv::RecordWriter writer;
  writer.add(text).add("x");
  std::istringstream in(std::move(writer).line());
  csv::RecordReader reader(in, ',', csv::Origin::ours);
  const auto read = reader.next();
  require(read && *read && reader.fields() == std::vector<std::string>{text, "x"},
          "harmless text is the same in a CSV");
}

}  // namespace

void cleaned_text(std::string_view input) {
  const std::size_t width =
      input.empty() ? 1 : 1 + static_cast<unsigned char>(input.front()) % 100U;
  const std::string shown = printable(input);
  const std::string name = escape_name(input);
  require(printable(shown) == shown, "text that was made harmless stays as it is");
  require(printable(name) == name, "an escaped name passes unchanged");
  for (const char c : shown + name) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "no control character is left");
  }
  require_width(shown, width);
  require_in_json(shown);
  require_in_csv(shown);
  const auto both = shorten_all({shown, name + "x"}, width + 8);
  require(both.size() == 2 && (both[0] != both[1] || shown == name + "x"),
          "different texts stay different");
}

}  // namespace cgtally::fuzz
