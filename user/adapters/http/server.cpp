// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <fmt/core.h>

#include <thread>
#include <utility>

#include "adapters/http/connection.h"

namespace cgtally::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// After an accept that failed because no descriptor was left.
constexpr std::chrono::milliseconds kAcceptAgain{100};

class BeastServer final : public Server {
 public:
  BeastServer(const ServerLimits& limits, Handler handler, EventSource events)
      : events_(std::move(events)), hub_(limits, std::move(handler)) {}
  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;

  ~BeastServer() override {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      boost::system::error_code ignored;
      (void)acceptor_.close(ignored);
      again_.cancel();
      hub_.close_all();
      context_.stop();
    });
    thread_.join();
  }

  Result<void> listen(const Endpoint& endpoint) {
    const auto failed = [&](const boost::system::error_code& error) {
      return std::unexpected(Error{.what = fmt::format("listen on {}:{}: {}", endpoint.address,
                                                       endpoint.port, error.message()),
                                   .hint = "give another address or port by --listen ADDRESS:PORT",
                                   .code = error.value()});
    };
    boost::system::error_code error;
    const auto address = asio::ip::make_address(endpoint.address, error);
    if (error) return failed(error);
    const tcp::endpoint place(address, endpoint.port);
    if (acceptor_.open(place.protocol(), error); error) return failed(error);
    (void)acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (acceptor_.bind(place, error); error) return failed(error);
    if (acceptor_.listen(asio::socket_base::max_listen_connections, error); error) {
      return failed(error);
    }
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void run() {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  void announce() override {
    asio::post(context_, [this] {
      if (hub_.streams() > 0) hub_.send_event(events_());
    });
  }

  [[nodiscard]] ServerCounts counts() const override { return hub_.counts(); }

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later();
      if (hub_.make_room()) {
        const auto connection = std::make_shared<Connection>(std::move(socket), hub_);
        hub_.add(connection);
        connection->start();
      }
      accept();
    });
  }

  void accept_later() {
    again_.expires_after(kAcceptAgain);
    again_.async_wait([this](const boost::system::error_code& error) {
      if (!error) accept();
    });
  }

  EventSource events_;
  ConnectionHub hub_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer again_{context_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Endpoint& endpoint, const ServerLimits& limits,
                                              Handler handler, EventSource events) {
  auto server = std::make_unique<BeastServer>(limits, std::move(handler), std::move(events));
  if (auto listening = server->listen(endpoint); !listening) {
    return std::unexpected(std::move(listening).error());
  }
  server->run();
  return server;
}

}  // namespace cgtally::http
