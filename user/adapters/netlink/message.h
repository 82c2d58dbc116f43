// SPDX-License-Identifier: Apache-2.0
// A request to the kernel, and the attributes of its answers, read without trusting their length. A
// thin layer over libnl's messages, for this folder only.
#pragma once

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cgtally::netlink {

// A dump request for all objects of a type or, without NLM_F_DUMP, a request for the one that the
// header names, or a change with its attributes. Used by Socket. Does not send itself. What finds
// no memory, or no room in a message, makes it incomplete, and Socket then says so.
class Request {
 public:
  template <typename Header>
  Request(int type, Header header, int flags = NLM_F_DUMP)
      : message_(nlmsg_alloc_simple(type, flags), &nlmsg_free), complete_(message_ != nullptr) {
    with_header(header);
  }

  Request& with(int attribute, std::uint32_t value) {
    return with(attribute, &value, sizeof(value));
  }

  Request& with(int attribute, const void* bytes, std::size_t size) {
    complete_ = complete_ && std::in_range<std::uint16_t>(size) &&
                nla_put(message_.get(), attribute, static_cast<int>(size), bytes) >= 0;
    return *this;
  }
  Request& with(int attribute, const std::string& text) {
    return with(attribute, text.c_str(), text.size() + 1);
  }
  // What `fill` adds, and a header before it where the attribute has one, is inside the attribute.
  template <typename Fill>
  Request& with_nested(int attribute, Fill fill) {
    nlattr* nest = complete_ ? nla_nest_start(message_.get(), attribute) : nullptr;
    complete_ = nest != nullptr;
    fill(*this);
    if (complete_) nla_nest_end(message_.get(), nest);
    return *this;
  }
  template <typename Header>
  Request& with_header(Header header) {
    complete_ =
        complete_ && nlmsg_append(message_.get(), &header, sizeof(header), NLMSG_ALIGNTO) >= 0;
    return *this;
  }

  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] nl_msg* get() const { return message_.get(); }

 private:
  std::unique_ptr<nl_msg, decltype(&nlmsg_free)> message_;
  bool complete_;
};

// The family's header, which follows the netlink header; none if the message is too short for it.
template <typename Header>
std::optional<Header> header_of(const nlmsghdr& message) {
  if (nlmsg_datalen(&message) < static_cast<int>(sizeof(Header))) return std::nullopt;
  Header header;
  std::memcpy(&header, nlmsg_data(&message), sizeof(header));
  return header;
}

// The attributes 1 to Max of a message, or of an attribute that nests others. Refers to the message
// and does not outlive it.
template <int Max>
class Attributes {
 public:
  Attributes(nlmsghdr& message, std::size_t header_size) {
    nlmsg_parse(&message, static_cast<int>(header_size), at_.data(), Max, nullptr);
  }
  explicit Attributes(nlattr* nest) {
    if (nest) nla_parse_nested(at_.data(), Max, nest, nullptr);
  }

  [[nodiscard]] nlattr* operator[](int type) const { return at_[static_cast<std::size_t>(type)]; }

  template <typename T>
  [[nodiscard]] std::optional<T> value(int type) const {
    const nlattr* attribute = (*this)[type];
    if (!attribute || nla_len(attribute) < static_cast<int>(sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, nla_data(attribute), sizeof(value));
    return value;
  }

  [[nodiscard]] std::string text(int type) const {
    const nlattr* attribute = (*this)[type];
    if (!attribute) return {};
    const auto* begin = static_cast<const char*>(nla_data(attribute));
    return {begin, strnlen(begin, static_cast<std::size_t>(nla_len(attribute)))};
  }

 private:
  std::array<nlattr*, Max + 1> at_{};
};

}  // namespace cgtally::netlink
