// SPDX-License-Identifier: Apache-2.0
// Connection: one client, from its first byte to the end. Only this folder includes it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "adapters/http/server.h"

namespace cgtally::http {

// What all connections of a server have in common; lives in the server's thread.
class ConnectionHub;

// Reads a request, has it answered, and reads the next one. A stream gets events until its client
// goes. Closes itself when a step takes too long. The hub and the operations under way own it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionHub& hub);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void start();
  void close();
  // No whole request has come yet: it may be closed for another one.
  [[nodiscard]] bool waiting() const { return waiting_; }
  // It has sent a whole request before.
  [[nodiscard]] bool was_served() const { return served_; }
  [[nodiscard]] bool is_stream() const { return streaming_; }
  // Of a stream; missed if the last event is still on its way.
  void send_event(const Body& event);

 private:
  using Error = boost::system::error_code;
  void wait_for_request();
  void read_header();
  void on_header(const Error& error);
  void answer(Response response, bool keep_alive);
  void answer_error(unsigned status, std::string_view what, bool keep_alive);
  void begin_stream();
  void watch_for_end();
  void write_body(bool keep_alive);
  void write_header_only(bool keep_alive);
  void written(const Error& error, bool keep_alive);
  void end();
  void read_away();
  void limit_time(Nanoseconds length);
  void no_limit();
  void fill_header(boost::beast::http::response_header<>& header) const;

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  ConnectionHub& hub_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  using BodyMessage = boost::beast::http::response<boost::beast::http::span_body<const char>>;
  using HeaderMessage = boost::beast::http::response<boost::beast::http::empty_body>;
  std::optional<BodyMessage> message_;
  std::optional<HeaderMessage> header_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>>
      serializer_;
  Response response_;
  Body event_;  // on its way
  std::array<char, 512> unread_{};
  bool head_ = false;
  bool waiting_ = true;
  bool served_ = false;
  bool idle_ = false;  // nothing is owed to either side
  bool streaming_ = false;
  bool closed_ = false;
};

// The connections that are open, in the order in which they began to wait for a request.
class ConnectionHub {
 public:
  ConnectionHub(const ServerLimits& limits, Server::Handler handler)
      : limits_(limits), handler_(std::move(handler)) {}

  // Makes room by closing the one that has waited longest, rather one that never sent a whole
  // request; false: all are at work.
  [[nodiscard]] bool make_room();
  void add(const std::shared_ptr<Connection>& connection);
  void remove(Connection& connection);
  void begins_to_wait(Connection& connection);
  void close_all();
  [[nodiscard]] bool stream_fits() const { return streams() < limits_.streams; }
  [[nodiscard]] std::size_t streams() const;
  void send_event(const Body& event);

  void count_request(unsigned status) { ++requests_[status]; }
  void count_refused() { ++refused_; }
  [[nodiscard]] ServerCounts counts() const;
  [[nodiscard]] const ServerLimits& limits() const { return limits_; }
  [[nodiscard]] const Server::Handler& handler() const { return handler_; }

 private:
  ServerLimits limits_;
  Server::Handler handler_;
  std::list<std::shared_ptr<Connection>> connections_;
  std::uint64_t refused_ = 0;
  std::map<unsigned, std::uint64_t> requests_;
};

}  // namespace cgtally::http
