// SPDX-License-Identifier: Apache-2.0
// What comes over the network: targets, whole requests and raw bytes of HTTP, and the token that
// guards the figures.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>

#include "adapters/http/server.h"
#include "adapters/sys/fd.h"
#include "core/base/json_reader.h"
#include "core/serve/access.h"
#include "fuzz/target.h"
#include "monitor/serve/router.h"
#include "unit/core/screen/shown.h"

namespace cgtally::fuzz {
namespace {

constexpr const char* kToken = "0123456789abcdef";

monitor::SharedState state_for_requests() {
  auto state = std::make_shared<serve::NodeState>();
  state->host = "node";
  state->sequence = 1;
  for (const Sample& sample : screen::three_samples()) {
    AccountLine line;
    line.account = sample.account;
    state->accounts.push_back(line);
  }
  return state;
}

void require_answer(const http::Response& response, std::string_view target) {
  constexpr std::array kStatuses{200U, 400U, 401U, 403U, 404U, 421U, 503U};
  require(std::ranges::find(kStatuses, response.status) != kStatuses.end(),
          "a request has one of the answers that are documented");
  const bool json = response.content_type.starts_with("application/json");
  if (json && response.body) {
    require(for_each_json_string(*response.body, [](const JsonPath&, const std::string&) {}),
            "JSON that is served is JSON");
  }
  use(target);
}

// A server as `serve` has it, in its thread.
class GuardedServer {
 public:
  GuardedServer() : router_({.token = kToken, .hosts = {}}) {
    http::ServerLimits limits;
    limits.header_bytes = 1024;
    auto started = http::Server::start(
        {}, limits, [this](const http::Request& request) { return router_.answer(request); },
        [this] { return router_.next_event(); });
    require(started.has_value(), "a server can listen on this host");
    server_ = *std::move(started);
    router_.count_by([this] { return server_->counts(); });
    router_.publish(state_for_requests());
  }
  GuardedServer(const GuardedServer&) = delete;
  GuardedServer& operator=(const GuardedServer&) = delete;
  ~GuardedServer() { server_.reset(); }

  // All that it sends to whoever sends these bytes and then no more.
  [[nodiscard]] std::string answers(std::string_view bytes) const {
    const sys::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server_->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // Otherwise each client's port would stay taken for a minute.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) return {};
    (void)::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    (void)::shutdown(client.get(), SHUT_WR);
    std::string all;
    std::array<char, 4096> part{};
    pollfd ready{.fd = client.get(), .events = POLLIN, .revents = 0};
    constexpr int kPatience = 240'000;  // milliseconds: fuzzers yield to all other work
    while (::poll(&ready, 1, kPatience) == 1) {
      const ssize_t got = ::recv(client.get(), part.data(), part.size(), 0);
      if (got <= 0) return all;
      all.append(part.data(), static_cast<std::size_t>(got));
    }
    require(false, "the server closes a connection whose client says no more");
    return all;
  }

 private:
  monitor::Router router_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

void http_targets(std::string_view input) {
  const auto [text, host] = first_line(input);
  const auto target = serve::parse_target(text);
  if (target) {
    use(target->number("top", 5));
    use(serve::token_of(host, *target));
  }
  use(serve::host_is_allowed(host, {"node.example"}));
  require(!serve::same_token(host, std::string(host) + "x"), "another token is not the same");
  const auto listen = serve::parse_listen_address(text);
  if (!listen) return;
  const auto again =
      serve::parse_listen_address(listen->address.find(':') == std::string::npos
                                      ? fmt::format("{}:{}", listen->address, listen->port)
                                      : fmt::format("[{}]:{}", listen->address, listen->port));
  require(again && again->port == listen->port && again->address == listen->address,
          "an address to listen on is the same when it is written and read again");
}

// Lines: target, Host, Accept, Authorization.
void http_requests(std::string_view input) {
  static const monitor::SharedState state = state_for_requests();
  http::Request request;
  for (std::string* part :
       {&request.target, &request.host, &request.accept, &request.authorization}) {
    const auto [line, rest] = first_line(input);
    *part = line;
    input = rest;
  }
  for (const char* token : {"", "secret"}) {
    monitor::Router router({.token = token, .hosts = {"node.example"}});
    router.count_by([] { return http::ServerCounts{}; });
    use(router.answer(request));
    router.publish(state);
    const http::Response response = router.answer(request);
    require_answer(response, request.target);
    const bool known = request.authorization.contains("secret") || request.target.contains('?');
    const bool guarded =
        request.target.starts_with("/metrics") || request.target.starts_with("/api/");
    require(*token == '\0' || known || !guarded || response.status != 200,
            "nobody has figures without the token");
  }
}

void http_bytes(std::string_view input) {
  static const GuardedServer server;
  constexpr std::size_t kMostBytes = 4096;
  const std::string answer = server.answers(input.substr(0, kMostBytes));
  require(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer is one of HTTP");
  require(input.contains(kToken) || !answer.contains("cgtally_"), "no figures without the token");
}

// A token that is taken is one that a client can send.
void tokens(std::string_view input) {
  const auto [line, other] = first_line(input);
  const auto token = serve::checked_token(line);
  if (!token) return;
  const serve::Target none{.path = "/metrics", .query = {}};
  require(serve::same_token(serve::token_of("Bearer " + *token, none), *token),
          "the token opens the server");
  require(other == *token || !serve::same_token(other, *token), "only the token opens the server");
}

}  // namespace cgtally::fuzz
