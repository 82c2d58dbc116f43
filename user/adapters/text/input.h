// SPDX-License-Identifier: Apache-2.0
// A file of text as others write it, made plain UTF-8 while it is read: unpacked (gzip), with its
// byte order mark taken off, and from UTF-16. Nothing is held but a buffer, so a file may be of any
// size.
#pragma once

#include <istream>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::text {

class DecodedText;  // the buffer of the stream; of input.cpp

// One input of a command. `replay` and `size` open each file once, look at its head to see what
// wrote it, and hand the stream to a reader of that format.
class Input {
 public:
  // "-" is stdin. The Error names the file.
  static Result<Input> open(const std::string& path);
  Input(Input&&) noexcept;
  Input& operator=(Input&&) noexcept;
  ~Input();

  [[nodiscard]] const std::string& name() const { return name_; }  // "a.csv", "stdin"
  // The first few kB, which the stream still gives; to be asked before reading.
  [[nodiscard]] std::string_view head() const;
  [[nodiscard]] std::istream& stream();
  // To be asked after reading: a stream ends early where the file cannot be read or unpacked.
  [[nodiscard]] Result<void> intact() const;

 private:
  Input(std::string name, std::unique_ptr<std::istream> raw);

  std::string name_;
  std::unique_ptr<std::istream> raw_;  // none: stdin
  std::unique_ptr<DecodedText> decoder_;
  std::unique_ptr<std::istream> stream_;
};

}  // namespace cgtally::text
