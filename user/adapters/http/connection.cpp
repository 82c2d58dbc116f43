// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/connection.h"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace cgtally::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

// What the kernel may hold of an answer that nobody reads.
constexpr int kSendBuffer = 256 * 1024;
// For a client to read the last answer and to go.
constexpr Nanoseconds kFarewell = std::chrono::seconds{1};

constexpr std::string_view kNoBody = "a request must not have a body";

using Clock = boost::asio::steady_timer::clock_type;

std::string text_of(auto view) { return {view.data(), view.size()}; }

Request request_of(const beast_http::request_header<>& header) {
  return {.target = text_of(header.target()),
          .host = text_of(header[beast_http::field::host]),
          .accept = text_of(header[beast_http::field::accept]),
          .authorization = text_of(header[beast_http::field::authorization])};
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, ConnectionHub& hub)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      hub_(hub),
      buffer_(hub.limits().header_bytes + 512) {}

Connection::~Connection() = default;

void Connection::start() {
  Error ignored;
  (void)socket_.set_option(asio::socket_base::send_buffer_size(kSendBuffer), ignored);
  (void)socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  limit_time(hub_.limits().request);
  read_header();
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  Error ignored;
  timer_.cancel();
  (void)socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  (void)socket_.close(ignored);
  hub_.remove(*this);
}

// For what comes next, all of it: a client that sends a byte now and then gets no more time.
void Connection::limit_time(Nanoseconds length) {
  timer_.expires_after(length);
  timer_.async_wait([self = shared_from_this()](const Error& error) {
    // It may have been set again when this was already on its way.
    if (error || self->closed_ || self->timer_.expiry() > Clock::now()) return;
    if (!self->idle_) self->hub_.count_refused();
    self->close();
  });
}

void Connection::no_limit() { timer_.expires_at(Clock::time_point::max()); }

void Connection::wait_for_request() {
  waiting_ = true;
  hub_.begins_to_wait(*this);
  if (buffer_.size() > 0) {
    limit_time(hub_.limits().request);
    read_header();
    return;
  }
  idle_ = true;
  limit_time(hub_.limits().idle);
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const Error& error) {
                       if (self->closed_) return;
                       if (error) return self->close();
                       self->idle_ = false;
                       self->limit_time(self->hub_.limits().request);
                       self->read_header();
                     });
}

void Connection::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(hub_.limits().header_bytes));
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // none is read
  beast_http::async_read_header(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](const Error& error, std::size_t) { self->on_header(error); });
}

void Connection::on_header(const Error& error) {
  if (closed_) return;
  waiting_ = false;
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return answer_error(431, "the headers are larger than this server takes", false);
  }
  if (error.category() == beast_http::make_error_code(beast_http::error::bad_method).category() &&
      error != beast_http::error::end_of_stream && error != beast_http::error::partial_message) {
    return answer_error(400, "this is no request of HTTP/1.1", false);
  }
  if (error) return close();
  const auto& request = parser_->get();
  head_ = request.method() == beast_http::verb::head;
  const bool keep_alive = parser_->keep_alive();
  if (!head_ && request.method() != beast_http::verb::get) {
    return answer_error(405, "only GET and HEAD are answered: nothing can be changed here", false);
  }
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  if (has_body) return answer_error(413, kNoBody, false);
  served_ = true;
  answer(hub_.handler()(request_of(request)), keep_alive);
}

void Connection::answer_error(unsigned status, std::string_view what, bool keep_alive) {
  Headers headers;
  if (status == 405) headers.emplace_back("Allow", "GET, HEAD");
  answer(
      {.status = status,
       .content_type = "application/json",
       .body = std::make_shared<const std::string>("{\"error\":\"" + std::string(what) + "\"}\n"),
       .headers = std::move(headers)},
      keep_alive);
}

void Connection::answer(Response response, bool keep_alive) {
  if (response.stream && !head_ && !hub_.stream_fits()) {
    return answer_error(503, "too many streams are open", keep_alive);
  }
  response_ = std::move(response);
  hub_.count_request(response_.status);
  limit_time(hub_.limits().answer);
  if (response_.stream && !head_) return begin_stream();
  if (head_) return write_header_only(keep_alive);
  write_body(keep_alive);
}

void Connection::fill_header(beast_http::response_header<>& header) const {
  header.version(11);
  header.result(response_.status);
  header.set(beast_http::field::content_type, response_.content_type);
  for (const auto& [name, value] : response_.headers) header.set(name, value);
}

void Connection::write_body(bool keep_alive) {
  message_.emplace();
  fill_header(message_->base());
  message_->body() = {response_.body->data(), response_.body->size()};
  message_->keep_alive(keep_alive);
  message_->prepare_payload();
  beast_http::async_write(socket_, *message_,
                          [self = shared_from_this(), keep_alive](const Error& error, std::size_t) {
                            self->written(error, keep_alive);
                          });
}

void Connection::write_header_only(bool keep_alive) {
  header_.emplace();
  fill_header(header_->base());
  header_->content_length(response_.body ? response_.body->size() : 0);
  header_->keep_alive(keep_alive);
  serializer_.emplace(*header_);
  beast_http::async_write_header(
      socket_, *serializer_,
      [self = shared_from_this(), keep_alive](const Error& error, std::size_t) {
        self->written(error, keep_alive);
      });
}

void Connection::written(const Error& error, bool keep_alive) {
  if (closed_) return;
  if (error) return close();
  if (response_.sent && !head_) response_.sent();
  response_ = {};
  message_.reset();
  serializer_.reset();
  header_.reset();
  if (!keep_alive) return end();
  wait_for_request();
}

// Closing with data unread would reset the connection, and the client might lose the answer.
void Connection::end() {
  Error ignored;
  (void)socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  waiting_ = true;
  idle_ = true;
  limit_time(kFarewell);
  read_away();
}

void Connection::read_away() {
  socket_.async_read_some(asio::buffer(unread_),
                          [self = shared_from_this()](const Error& error, std::size_t) {
                            if (self->closed_) return;
                            if (error) return self->close();
                            self->read_away();
                          });
}

// Without a length: the answer ends with the connection.
void Connection::begin_stream() {
  streaming_ = true;
  header_.emplace();
  fill_header(header_->base());
  header_->keep_alive(false);
  serializer_.emplace(*header_);
  event_ = response_.body;
  beast_http::async_write_header(socket_, *serializer_,
                                 [self = shared_from_this()](const Error& error, std::size_t) {
                                   if (self->closed_) return;
                                   if (error) return self->close();
                                   self->watch_for_end();
                                   self->send_event(std::exchange(self->event_, {}));
                                 });
}

// A client sends nothing more: what can be read is its end.
void Connection::watch_for_end() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const Error&) { self->close(); });
}

void Connection::send_event(const Body& event) {
  if (event_ || closed_) return;
  event_ = event;
  limit_time(hub_.limits().answer);
  asio::async_write(socket_, asio::buffer(*event_),
                    [self = shared_from_this()](const Error& error, std::size_t) {
                      if (self->closed_) return;
                      if (error) return self->close();
                      self->event_.reset();
                      self->no_limit();
                    });
}

bool ConnectionHub::make_room() {
  if (connections_.size() < limits_.connections) return true;
  auto oldest = std::ranges::find_if(
      connections_, [](const auto& one) { return one->waiting() && !one->was_served(); });
  if (oldest == connections_.end()) {
    oldest = std::ranges::find_if(connections_, [](const auto& one) { return one->waiting(); });
  }
  ++refused_;
  if (oldest == connections_.end()) return false;
  std::shared_ptr<Connection>(*oldest)->close();
  return true;
}

void ConnectionHub::add(const std::shared_ptr<Connection>& connection) {
  connections_.push_back(connection);
}

void ConnectionHub::remove(Connection& connection) {
  std::erase_if(connections_, [&](const auto& one) { return one.get() == &connection; });
}

void ConnectionHub::begins_to_wait(Connection& connection) {
  const auto found =
      std::ranges::find_if(connections_, [&](const auto& one) { return one.get() == &connection; });
  if (found != connections_.end()) {
    connections_.splice(connections_.end(), connections_, found);
  }
}

void ConnectionHub::close_all() {
  while (!connections_.empty()) std::shared_ptr<Connection>(connections_.front())->close();
}

std::size_t ConnectionHub::streams() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& one) { return one->is_stream(); }));
}

void ConnectionHub::send_event(const Body& event) {
  const std::list<std::shared_ptr<Connection>> all = connections_;
  for (const auto& one : all) {
    if (one->is_stream()) one->send_event(event);
  }
}

ServerCounts ConnectionHub::counts() const {
  return {.connections = connections_.size(),
          .streams = streams(),
          .refused = refused_,
          .requests = requests_};
}

}  // namespace cgtally::http
