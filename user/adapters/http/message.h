// SPDX-License-Identifier: Apache-2.0
// A request and its response, without the words of any library.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cgtally::http {

struct Request {
  std::string target;  // path and query, as sent
  std::string host;    // of the header, like the next two
  std::string accept;
  std::string authorization;
};

using Body = std::shared_ptr<const std::string>;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  unsigned status = 200;
  std::string content_type;
  Body body;
  Headers headers = {};
  bool stream = false;              // server-sent events: the body is the first of them
  std::function<void()> sent = {};  // called once the whole body has gone out
};

}  // namespace cgtally::http
