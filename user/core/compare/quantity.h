// SPDX-License-Identifier: Apache-2.0
// One compared quantity, requests or payload bytes, and how far chance moves it.
//
// The model. Each of the original's n requests is mirrored with the probability p (--share),
// independently of the others, and amounts to s_i (1 for requests, its bytes for payload). The
// mirror's amount is M = sum of X_i·s_i with X_i of 0 or 1, so that
//   E[M]   = p·S,                       S = sum of s_i, the original's amount
//   Var[M] = p·(1-p)·sum of s_i²  = p·(1-p)·n·(m² + d²)
// with m the mean of s_i and d² their variance: n·p·(1-p) for requests (the binomial distribution;
// for sums over a sample see Cochran, "Sampling Techniques", on Bernoulli sampling). Nobody saw a
// single s_i: d² is estimated from intervals, whose sums S_t of n_t requests have the variance
// n_t·d², so that d² = 1/(N-1) · sum of (S_t - m·n_t)²/n_t. In a window whose own sum of
// (S_t - m·n_t)² is greater than n·d² that sum is taken: one huge upload is one chance, not many.
//
// What a real mirror adds is learnt from the series, and only ever widens the band:
//   - A request is counted here in one interval and there in the next. That moves the difference of
//     both sides at the two edges of a window, however long the window is. Single intervals have
//     the variance v + 2e for each request, pairs of them v + e: their difference tells e.
//   - Sampling by session or several packets to a request: more variance for each request than
//     p·(1-p). Pairs and groups of eight intervals tell it.
// Both are means of squares, cut off at three standard deviations, so that a gap does not hide
// itself.
#pragma once

#include <cstddef>
#include <vector>

namespace cgtally::compare {

struct Quantity {
  std::vector<double> original;  // for each interval
  std::vector<double> mirror;
  std::vector<double> requests;  // of the original
  std::vector<double> seconds;
  double share = 1;        // p, above 0 and at most 1
  double ratio = 1;        // the mirror's amount for each one that is mirrored
  double ratio_error = 0;  // standard error of the ratio if it was learnt
  bool counts_requests = true;

  [[nodiscard]] std::size_t size() const { return original.size(); }
  [[nodiscard]] double expected(std::size_t interval) const {
    return share * ratio * original[interval];
  }
};

// Intervals from `first` to `last`, which is not among them.
struct Window {
  std::size_t first = 0;
  std::size_t last = 0;
  bool operator==(const Window&) const = default;
  [[nodiscard]] std::size_t size() const { return last - first; }
};

// Sums over windows of a quantity and their variances; sums are differences of running ones.
class Fluctuation {
 public:
  explicit Fluctuation(Quantity quantity);

  [[nodiscard]] std::size_t size() const { return quantity_.size(); }
  [[nodiscard]] const Quantity& quantity() const { return quantity_; }
  [[nodiscard]] double original(Window window) const { return sum(originals_, window); }
  [[nodiscard]] double seen(Window window) const { return sum(mirrors_, window); }
  [[nodiscard]] double expected(Window window) const {
    return quantity_.share * quantity_.ratio * original(window);
  }
  // Negative where the mirror has less than expected.
  [[nodiscard]] double difference(Window window) const { return seen(window) - expected(window); }
  // Of the difference, if nothing is lost.
  [[nodiscard]] double variance(Window window) const;
  // The same as if each interval stood alone: to find where a change begins and ends.
  [[nodiscard]] double variance_of_parts(Window window) const { return sum(parts_, window); }
  // How unlikely the difference is by chance, as a normal deviate with the difference's sign.
  [[nodiscard]] double deviate(Window window) const;

 private:
  [[nodiscard]] static double sum(const std::vector<double>& running, Window window) {
    return running[window.last] - running[window.first];
  }
  [[nodiscard]] double learnt_edge(std::size_t interval) const;
  [[nodiscard]] double edge_variance(std::size_t interval) const;
  [[nodiscard]] double lump(std::size_t interval) const;
  // By which a square of sizes counts: p·(1-p), in the mirror's amounts.
  [[nodiscard]] double of_sizes() const {
    return quantity_.share * (1 - quantity_.share) * quantity_.ratio * quantity_.ratio;
  }
  void take_model();
  void learn();

  Quantity quantity_;
  std::vector<double> originals_;  // running sums, one more than intervals
  std::vector<double> mirrors_;
  std::vector<double> requests_;
  std::vector<double> lumps_;
  std::vector<double> parts_;
  double size_of_request_ = 1;  // mean amount, m
  double spread_of_sizes_ = 0;  // d²
  double sampling_ = 0;         // variance for each request, by the model alone
  double per_request_ = 0;      // the same with what was learnt
  double per_edge_ = 0;         // for each request of the interval at an edge
};

}  // namespace cgtally::compare
