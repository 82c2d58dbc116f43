// SPDX-License-Identifier: Apache-2.0
// Server: answers HTTP/1.1 in a thread of its own. Whatever clients do costs bounded memory: the
// number of connections, the size of a request and the time for each step have limits. Uses
// Boost.Beast, whose headers only this folder's sources include, because they are slow to compile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/http/message.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::http {

struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
};

struct ServerLimits {
  std::size_t connections = 256;
  std::size_t streams = 64;
  std::size_t header_bytes = 8192;
  Nanoseconds request = std::chrono::seconds{5};  // from its first byte, or the connection's begin
  Nanoseconds idle = std::chrono::seconds{75};    // between two requests of a connection
  Nanoseconds answer = std::chrono::seconds{10};  // for all of it
};

struct ServerCounts {
  std::uint64_t connections = 0;               // open now
  std::uint64_t streams = 0;                   // of these
  std::uint64_t refused = 0;                   // closed because of a limit
  std::map<unsigned, std::uint64_t> requests;  // by status
};

// `serve` has one. The handler and the source of events are called in the server's thread, so that
// no client delays the thread that reads the counters. GET and HEAD come to the handler; what is
// wrong with a request is answered here. Does not know what it serves.
class Server {
 public:
  using Handler = std::function<Response(const Request&)>;
  // The text of the next event for all streams.
  using EventSource = std::function<Body()>;

  // Listens from here on.
  static Result<std::unique_ptr<Server>> start(const Endpoint& endpoint, const ServerLimits& limits,
                                               Handler handler, EventSource events);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;  // closes all connections

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // There is a new event. Returns at once; a stream that has not taken the last one misses this.
  virtual void announce() = 0;
  // Only to be called by the handler or the source of events.
  [[nodiscard]] virtual ServerCounts counts() const = 0;

 protected:
  Server() = default;
};

}  // namespace cgtally::http
