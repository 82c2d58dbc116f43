// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/router.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "adapters/sys/clock.h"
#include "adapters/web/page_files.h"
#include "core/serve/metrics/metrics_document.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kAccountsOfEvent = 100;
constexpr std::size_t kBurstsOfEvent = 50;
constexpr std::uint64_t kMostAccounts = 1'000'000;
constexpr Nanoseconds kLateBy = std::chrono::seconds{5};
constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kStreamPath = "/api/v1/stream";

struct PartPath {
  std::string_view path;
  unsigned parts;
};
constexpr std::array kPartPaths{PartPath{"/api/v1/status", serve::kStatus},
                                PartPath{"/api/v1/interfaces", serve::kInterfaces},
                                PartPath{"/api/v1/accounts", serve::kAccounts},
                                PartPath{"/api/v1/bursts", serve::kBursts},
                                PartPath{"/api/v1/credits", serve::kCredits},
                                PartPath{"/api/v1/lifecycle", serve::kLifecycle},
                                PartPath{"/api/v1/snapshot", serve::kAllParts}};

http::Body body_of(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// No other origin may read, embed or guess at an answer.
http::Headers headers_with(std::initializer_list<std::pair<std::string, std::string>> more) {
  http::Headers headers{{"X-Content-Type-Options", "nosniff"},
                        {"Cross-Origin-Resource-Policy", "same-origin"},
                        {"Referrer-Policy", "no-referrer"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

http::Response response_of(unsigned status, std::string_view type, http::Body body) {
  return {.status = status,
          .content_type = std::string(type),
          .body = std::move(body),
          .headers = headers_with({{"Cache-Control", "no-store"}})};
}

http::Response error_response(unsigned status, std::string_view what, std::string_view hint) {
  return response_of(status, kJson, body_of(serve::error_document(what, hint)));
}

// A line of an event cannot hold a line break, and no text in a document has one.
std::string event_text(std::uint64_t id, std::string document) {
  std::erase(document, '\n');
  return fmt::format("id: {}\nevent: snapshot\ndata: {}\n\n", id, document);
}

}  // namespace

void Router::publish(SharedState state) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
}

SharedState Router::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

http::Response Router::answer(const http::Request& request) {
  const auto target = serve::parse_target(request.target);
  if (!target) return error_response(400, "the path cannot be read", "see docs/api.md");
  if (!serve::host_is_allowed(request.host, rules_.hosts)) {
    return error_response(421, "this name is not one of this server",
                          "ask by its address, or start serve with --allow-host NAME");
  }
  if (target->path == "/healthz") return health();
  const bool guarded = target->path == "/metrics" || target->path.starts_with("/api/");
  if (!guarded) return page_file(*target);
  if (!rules_.token.empty() &&
      !serve::same_token(serve::token_of(request.authorization, *target), rules_.token)) {
    http::Response refused = error_response(401, "a token is needed, and this is not it",
                                            "Authorization: Bearer TOKEN, or ?token=TOKEN");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
  }
  return figures(*target, request);
}

http::Response Router::page_file(const Query& target) {
  const web::PageFile* const file = web::find_page_file(target.path);
  if (file == nullptr) {
    return error_response(404, "there is nothing here", "/, /metrics, /api/v1/snapshot");
  }
  return {.status = 200,
          .content_type = std::string(file->type),
          .body = body_of(std::string(file->content)),
          .headers = headers_with({{"Cache-Control", "no-cache"},
                                   {"Content-Security-Policy", std::string(web::kPagePolicy)}})};
}

http::Response Router::health() const {
  const SharedState now = state();
  const bool fresh = now && sys::now().boot - now->taken.boot <= 3 * now->every + kLateBy;
  if (!fresh) return error_response(503, "no figures have come for some time", "");
  return response_of(200, "text/plain; charset=utf-8", body_of("ok\n"));
}

http::Response Router::figures(const Query& target, const http::Request& request) {
  const SharedState now = state();
  if (!now) return error_response(503, "there are no figures yet", "ask again in a second");
  if (target.path == "/metrics") return metrics(now, serve::accepted_format(request.accept));
  if (target.path == kStreamPath) return stream(now);
  const auto found = std::ranges::find(kPartPaths, std::string_view(target.path), &PartPath::path);
  if (found == kPartPaths.end()) {
    return error_response(404, "the API has no such path", "see docs/api.md");
  }
  return document(now, found->parts, target);
}

http::Response Router::metrics(const SharedState& state, serve::ExpositionFormat format) {
  http::Response response =
      response_of(200, serve::content_type(format),
                  cached(state, fmt::format("/metrics {}", static_cast<int>(format)),
                         [&] { return serve::metrics_document(*state, server_facts(), format); }));
  response.sent = [this, page = state->page_number] {
    acknowledged_ = std::max(acknowledged_.load(), page);
  };
  return response;
}

http::Response Router::document(const SharedState& state, unsigned parts, const Query& target) {
  serve::ApiRequest request{.parts = parts};
  const auto top = target.number("top", request.top);
  if (!top || *top > kMostAccounts) {
    return error_response(400, fmt::format("top must be 0 to {}", kMostAccounts), "?top=100");
  }
  request.top = *top;
  const auto sort = target.query.find("sort");
  if (sort != target.query.end()) {
    if (sort->second != "rate" && sort->second != "total") {
      return error_response(400, "sort must be rate or total", "?sort=total");
    }
    request.order =
        sort->second == "total" ? serve::AccountOrder::total : serve::AccountOrder::rate;
  }
  const auto write = [&] { return serve::api_document(*state, server_facts(), request); };
  const bool usual = top == serve::ApiRequest{}.top && sort == target.query.end();
  return response_of(200, kJson, usual ? cached(state, target.path, write) : body_of(write()));
}

http::Response Router::stream(const SharedState& state) {
  http::Response response = response_of(
      200, "text/event-stream", cached(state, std::string(kStreamPath), [&] {
        return fmt::format(
            "retry: 2000\n{}",
            event_text(state->sequence,
                       serve::api_document(*state, server_facts(), {.top = kAccountsOfEvent})));
      }));
  response.stream = true;
  return response;
}

// What every stream gets next: bursts and ends since the last one.
http::Body Router::next_event() {
  const SharedState now = state();
  const serve::ApiRequest request{.top = kAccountsOfEvent,
                                  .bursts_after = told_bursts_,
                                  .ends_after = told_ends_,
                                  .most_bursts = kBurstsOfEvent};
  if (now->bursts && !now->bursts->recent.empty()) told_bursts_ = now->bursts->recent.front().id;
  if (now->ends && !now->ends->recent.empty()) told_ends_ = now->ends->recent.front().id;
  return body_of(event_text(now->sequence, serve::api_document(*now, server_facts(), request)));
}

serve::ServerFacts Router::server_facts() const {
  const http::ServerCounts counts = counts_ ? counts_() : http::ServerCounts{};
  return {
      .connections = counts.connections, .refused = counts.refused, .requests = counts.requests};
}

http::Body Router::cached(const SharedState& state, const std::string& key,
                          const std::function<std::string()>& write) {
  if (cached_sequence_ != state->sequence) {
    cache_.clear();
    cached_sequence_ = state->sequence;
  }
  http::Body& body = cache_[key];
  if (!body) body = body_of(write());
  return body;
}

}  // namespace cgtally::monitor
