// SPDX-License-Identifier: Apache-2.0
// Three stages, each asked by the next one for more: raw bytes, unpacked bytes, UTF-8.
#include "adapters/text/input.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <streambuf>
#include <system_error>
#include <vector>

#include "core/base/text.h"

namespace cgtally::text {

// A buffer of plain UTF-8.
class DecodedText : public std::streambuf {
 public:
  [[nodiscard]] virtual std::string_view head() const = 0;
  [[nodiscard]] virtual const std::string& problem() const = 0;
};

namespace {

constexpr std::size_t kChunk = 64UL * 1024;
constexpr std::size_t kHead = 16UL * 1024;

// Unpacks gzip, or hands on what is not packed.
class Unpacker {
 public:
  explicit Unpacker(std::istream& raw) : raw_(raw), in_(kChunk) {}
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  ~Unpacker() {
    if (packed_) inflateEnd(&zip_);
  }

  // Appends some bytes; false at the end.
  bool read(std::string& out) {
    if (!begun_) begin();
    if (!packed_) {
      if (have_ == 0 && !fill()) return false;
      out.append(in_.data() + at_, have_);
      have_ = 0;
      return true;
    }
    return inflate_some(out);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool fill() {
    raw_.read(in_.data(), static_cast<std::streamsize>(in_.size()));
    at_ = 0;
    have_ = static_cast<std::size_t>(raw_.gcount());
    if (raw_.bad()) problem_ = "cannot be read to its end";
    return have_ > 0;
  }

  void begin() {
    begun_ = true;
    if (!fill() || have_ < 2) return;
    const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(in_[i]); };
    if (byte(0) != 0x1F || byte(1) != 0x8B) return;
    constexpr int kGzip = 16;
    packed_ = inflateInit2(&zip_, kGzip + MAX_WBITS) == Z_OK;
    if (!packed_) problem_ = "cannot be unpacked";
  }

  bool inflate_some(std::string& out) {
    while (!ended_) {
      if (have_ == 0 && !fill()) {
        if (!between_members_) problem_ = "ends in the middle of its packed data";
        return false;
      }
      std::array<char, kChunk> plain{};
      zip_.next_in = reinterpret_cast<Bytef*>(in_.data() + at_);
      zip_.avail_in = static_cast<uInt>(have_);
      zip_.next_out = reinterpret_cast<Bytef*>(plain.data());
      zip_.avail_out = static_cast<uInt>(plain.size());
      const int result = inflate(&zip_, Z_NO_FLUSH);
      at_ += have_ - zip_.avail_in;
      have_ = zip_.avail_in;
      const std::size_t made = plain.size() - zip_.avail_out;
      out.append(plain.data(), made);
      between_members_ = result == Z_STREAM_END;
      if (between_members_) inflateReset(&zip_);  // files may be packed one after the other
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        problem_ = fmt::format("is damaged: {}", zip_.msg != nullptr ? zip_.msg : "bad gzip data");
        ended_ = true;
      }
      if (made > 0) return true;
    }
    return false;
  }

  std::istream& raw_;
  std::vector<char> in_;
  std::size_t at_ = 0;
  std::size_t have_ = 0;
  z_stream zip_{};
  bool begun_ = false;
  bool packed_ = false;
  bool between_members_ = true;
  bool ended_ = false;
  std::string problem_;
};

// The bytes of UTF-16 to UTF-8; keeps what a chunk has cut in two.
class FromUtf16 {
 public:
  explicit FromUtf16(bool big_endian) : big_endian_(big_endian) {}

  void convert(std::string_view bytes, std::string& out) {
    for (const char c : bytes) {
      if (!half_) {
        half_ = static_cast<unsigned char>(c);
        continue;
      }
      const std::uint32_t other = static_cast<unsigned char>(c);
      add(big_endian_ ? *half_ << 8U | other : other << 8U | *half_, out);
      half_.reset();
    }
  }

 private:
  void add(std::uint32_t unit, std::string& out) {
    constexpr std::uint32_t kReplacement = 0xFFFD;
    const bool high = 0xD800 <= unit && unit < 0xDC00;
    const bool low = 0xDC00 <= unit && unit < 0xE000;
    if (high_ && low) {
      append_utf8(out, 0x10000 + ((*high_ - 0xD800) << 10U) + (unit - 0xDC00));
    } else if (high) {
      high_ = unit;
      return;
    } else {
      append_utf8(out, low ? kReplacement : unit);
    }
    high_.reset();
  }

  bool big_endian_;
  std::optional<std::uint32_t> half_;
  std::optional<std::uint32_t> high_;
};

class Decoder : public DecodedText {
 public:
  explicit Decoder(std::istream& raw) : unpacker_(raw) {
    while (text_.size() < kHead && more()) {
    }
    set();
  }

  [[nodiscard]] std::string_view head() const override { return text_; }
  [[nodiscard]] const std::string& problem() const override { return unpacker_.problem(); }

 protected:
  int_type underflow() override {
    if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
    text_.clear();
    while (text_.empty() && more()) {
    }
    set();
    return text_.empty() ? traits_type::eof() : traits_type::to_int_type(*gptr());
  }

 private:
  // Appends to text_; false at the end.
  bool more() {
    if (wide_) {
      bytes_.clear();
      if (!unpacker_.read(bytes_)) return false;
      wide_->convert(bytes_, text_);
      return true;
    }
    if (!unpacker_.read(text_)) return false;
    if (!begun_) begin();
    return true;
  }

  void begin() {
    begun_ = true;
    const std::string_view text = text_;
    const bool plain_wide =
        text.size() >= 4 && text[0] > '\0' && text[1] == '\0' && text[3] == '\0';
    if (text.starts_with("\xEF\xBB\xBF")) {
      text_.erase(0, 3);
    } else if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || plain_wide) {
      wide_.emplace(text.starts_with("\xFE\xFF"));
      bytes_ = text_.substr(plain_wide ? 0 : 2);
      text_.clear();
      wide_->convert(bytes_, text_);
    }
  }

  void set() { setg(text_.data(), text_.data(), text_.data() + text_.size()); }

  Unpacker unpacker_;
  std::optional<FromUtf16> wide_;
  bool begun_ = false;
  std::string bytes_;
  std::string text_;
};

}  // namespace

Input::Input(std::string name, std::unique_ptr<std::istream> raw)
    : name_(std::move(name)),
      raw_(std::move(raw)),
      decoder_(std::make_unique<Decoder>(raw_ ? *raw_ : std::cin)),
      stream_(std::make_unique<std::istream>(decoder_.get())) {}
Input::Input(Input&&) noexcept = default;
Input& Input::operator=(Input&&) noexcept = default;
Input::~Input() = default;

Result<Input> Input::open(const std::string& path) {
  if (path == "-") return Input("stdin", nullptr);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return std::unexpected(
        Error{.what = fmt::format("{} is a directory", path), .hint = "name the files in it"});
  }
  errno = 0;
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (*file) {
    Input input(path, std::move(file));
    if (auto read = input.intact(); !read) return std::unexpected(std::move(read).error());
    return input;
  }
  return std::unexpected(
      Error{.what = fmt::format("{}: {}", path, std::generic_category().message(errno)),
            .hint = "give a file of cgtally record, or what another monitor exports"});
}

std::string_view Input::head() const { return decoder_->head().substr(0, kHead); }

std::istream& Input::stream() { return *stream_; }

Result<void> Input::intact() const {
  if (decoder_->problem().empty()) return {};
  return std::unexpected(Error{.what = fmt::format("{} {}", name_, decoder_->problem()),
                               .hint = "copy or export it again"});
}

}  // namespace cgtally::text
