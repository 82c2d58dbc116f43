// SPDX-License-Identifier: Apache-2.0
// Router: from a request to its response.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/http/message.h"
#include "adapters/http/server.h"
#include "core/serve/access.h"
#include "core/serve/api/api_document.h"
#include "core/serve/metrics/exposition.h"
#include "monitor/serve/node_collector.h"

namespace cgtally::monitor {

struct AccessRules {
  std::string token;               // empty: none is asked for
  std::vector<std::string> hosts;  // names in a Host header, beside addresses and localhost
};

// `serve` has one. publish() is called by the thread that counts, the rest in the server's. A
// document is written once for each state, however many ask for it.
class Router {
 public:
  explicit Router(AccessRules rules) : rules_(std::move(rules)) {}
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Before the first request.
  void count_by(std::function<http::ServerCounts()> counts) { counts_ = std::move(counts); }
  void publish(SharedState state);
  // The number of the last page of series that a scrape has seen.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

  [[nodiscard]] http::Response answer(const http::Request& request);
  [[nodiscard]] http::Body next_event();

 private:
  using Query = serve::Target;
  [[nodiscard]] SharedState state() const;
  [[nodiscard]] static http::Response page_file(const Query& target);
  [[nodiscard]] http::Response health() const;
  [[nodiscard]] http::Response figures(const Query& target, const http::Request& request);
  [[nodiscard]] http::Response metrics(const SharedState& state, serve::ExpositionFormat format);
  [[nodiscard]] http::Response document(const SharedState& state, unsigned parts,
                                        const Query& target);
  [[nodiscard]] http::Response stream(const SharedState& state);
  [[nodiscard]] serve::ServerFacts server_facts() const;
  [[nodiscard]] http::Body cached(const SharedState& state, const std::string& key,
                                  const std::function<std::string()>& write);

  AccessRules rules_;
  std::function<http::ServerCounts()> counts_;
  mutable std::mutex mutex_;
  SharedState state_;
  std::atomic<std::uint64_t> acknowledged_ = 0;
  // Of the server's thread alone.
  std::uint64_t cached_sequence_ = 0;
  std::map<std::string, http::Body> cache_;
  std::uint64_t told_bursts_ = 0;  // ids in the last event
  std::uint64_t told_ends_ = 0;
};

}  // namespace cgtally::monitor
