// SPDX-License-Identifier: Apache-2.0
// By pieces of a fixed size, which the library copies from its buffer at once.
#include "adapters/text/line.h"

#include <array>

namespace cgtally::text {
namespace {

constexpr std::size_t kPiece = 4096;

}  // namespace

Result<bool> read_line(std::istream& in, std::string& line) {
  line.clear();
  std::array<char, kPiece> piece{};
  for (;;) {
    in.getline(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    const bool has_end = in.good();  // the '\n' is counted, and not stored
    line.append(piece.data(), has_end ? got - 1 : got);
    if (has_end || in.bad()) return has_end;
    if (in.eof()) {
      if (!line.empty()) in.clear(std::ios::eofbit);  // the last line has no '\n'
      return !line.empty();
    }
    if (got == 0) return false;  // `in` had failed before
    in.clear();                  // the piece was full
    if (line.size() > kLongestLine) {
      return std::unexpected(Error{.what = "a line that does not end within 1 MiB", .hint = {}});
    }
  }
}

}  // namespace cgtally::text
