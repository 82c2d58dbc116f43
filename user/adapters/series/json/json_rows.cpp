// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/json/json_rows.h"

#include <fmt/core.h>

#include <istream>
#include <streambuf>
#include <string_view>
#include <vector>

#include "core/series/series.h"

namespace cgtally::series {
namespace {

// Follows nlohmann's events to know in which array an element stands.
class ElementWatch {
 public:
  ElementWatch(const std::set<std::string>& arrays, const OnJsonElement& on_element)
      : arrays_(arrays), on_element_(on_element) {}

  // False: the value is dropped.
  bool event(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    switch (event) {
      case Event::key:
        key_ = parsed.get_ref<const std::string&>();
        return true;
      case Event::object_start:
      case Event::array_start:
        open_.push_back({.is_array = event == Event::array_start, .key = key_});
        key_.clear();
        return true;
      case Event::object_end:
      case Event::array_end:
        open_.pop_back();
        return keep(parsed);
      case Event::value:
        return keep(parsed);
    }
    return true;
  }
  [[nodiscard]] Result<void>& done() { return done_; }

 private:
  struct Open {
    bool is_array = false;
    std::string key;
  };

  bool keep(const Json& parsed) {
    if (open_.empty()) {
      if (done_) done_ = on_element_("", parsed);
      return true;
    }
    const Open& parent = open_.back();
    const bool outermost = open_.size() == 1;
    if (!parent.is_array || !(outermost || arrays_.contains(parent.key))) return true;
    if (done_) done_ = on_element_(parent.key, parsed);
    return false;
  }

  const std::set<std::string>& arrays_;
  const OnJsonElement& on_element_;
  std::vector<Open> open_;
  std::string key_;
  Result<void> done_;
};

// Ends where no quote comes for kLongest bytes: a string without an end would take all memory. The
// figures of a metric, which have no quotes, are a tenth of that.
class BoundedStrings : public std::streambuf {
 public:
  explicit BoundedStrings(std::istream& from) : from_(from), block_(64UL * 1024) {}
  [[nodiscard]] bool too_long() const { return since_quote_ > kLongest; }

 protected:
  int_type underflow() override {
    if (too_long()) return traits_type::eof();
    from_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
    const auto got = static_cast<std::size_t>(from_.gcount());
    if (got == 0) return traits_type::eof();
    const std::size_t quote = std::string_view(block_.data(), got).rfind('"');
    since_quote_ = quote == std::string_view::npos ? since_quote_ + got : got - quote;
    setg(block_.data(), block_.data(), block_.data() + got);
    return traits_type::to_int_type(block_.front());
  }

 private:
  static constexpr std::size_t kLongest = 16UL * 1024 * 1024;
  std::istream& from_;
  std::vector<char> block_;
  std::size_t since_quote_ = 0;
};

// "at line 3, column 7: ..." of nlohmann's words.
std::string position(std::string_view what) {
  const auto at = what.find("at line ");
  return std::string(at == std::string_view::npos ? what : what.substr(at + 3));
}

}  // namespace

Result<void> for_each_element(std::istream& in, const std::string& file,
                              const std::set<std::string>& arrays,
                              const OnJsonElement& on_element) {
  ElementWatch watch(arrays, on_element);
  BoundedStrings bounded(in);
  std::istream text(&bounded);
  try {
    const Json rest =
        Json::parse(text, [&watch](int /*depth*/, Json::parse_event_t event, const Json& parsed) {
          return watch.event(event, parsed);
        });
  } catch (const Json::exception& problem) {
    if (bounded.too_long()) {
      return std::unexpected(
          Error{.what = fmt::format("{}: a string that does not end within 16 MiB", file),
                .hint = "export it again"});
    }
    return std::unexpected(
        Error{.what = fmt::format("{} is not JSON: {}", file, position(problem.what())),
              .hint = std::string_view(problem.what()).contains("expected end of input")
                          ? "give each answer a file of its own; of lines of JSON make a CSV: jq "
                            "-r '[.time, .tx] | @csv', below a line time,tx"
                          : "export it again"});
  }
  return watch.done();
}

std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

double number_at(const Json& object, const char* key) {
  if (!object.is_object()) return kMissing;
  const auto found = object.find(key);
  return found == object.end() || !found->is_number() ? kMissing : found->get<double>();
}

}  // namespace cgtally::series
