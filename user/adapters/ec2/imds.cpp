// SPDX-License-Identifier: Apache-2.0
#include "adapters/ec2/imds.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "adapters/ec2/http.h"
#include "adapters/sys/clock.h"
#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally::ec2 {
namespace {

constexpr std::size_t kLongestToken = 1024;
constexpr int kOk = 200;
constexpr int kForbidden = 403;

Error with_hint(Error error, Nanoseconds limit) {
  error.failure = Failure::unsupported;
  if (error.code == ETIMEDOUT) {
    error.what =
        fmt::format("the metadata service did not answer within {}", format_duration(limit));
    error.hint =
        "in a container the instance's hop limit must be 2 (aws ec2 "
        "modify-instance-metadata-options --http-put-response-hop-limit 2); or give --instance "
        "TYPE";
  } else {
    error.hint =
        "on EC2 nothing may stand between this program and 169.254.169.254; elsewhere "
        "give --instance TYPE";
  }
  return error;
}

Error refused(int status, const std::string& what) {
  const bool off = status == kForbidden;
  return {.what = fmt::format("the metadata service answered {} to {}{}", status, what,
                              off ? ": it is switched off" : ""),
          .hint = off ? "aws ec2 modify-instance-metadata-options --http-endpoint enabled; or give "
                        "--instance TYPE"
                      : "give --instance TYPE",
          .failure = Failure::unsupported};
}

// One session with the service, which its token opens. Used by ask_imds() alone.
class Session {
 public:
  explicit Session(const ImdsEndpoint& endpoint)
      : endpoint_(endpoint), deadline_(sys::now().boot + endpoint.limit) {}

  Result<void> open() {
    auto token = body_of("PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 60");
    if (!token) return std::unexpected(std::move(token).error());
    // The token goes into a header line, so it must not contain the end of one.
    const bool sane = !token->empty() && token->size() <= kLongestToken &&
                      std::ranges::all_of(*token, [](char c) { return c > ' ' && c < 0x7F; });
    if (!sane) {
      return std::unexpected(with_hint(
          {.what = "the metadata service gave a malformed token", .hint = {}}, endpoint_.limit));
    }
    token_ = *std::move(token);
    return {};
  }

  Result<std::string> value(const std::string& name) {
    return body_of(fmt::format("GET /latest/meta-data/{}", name),
                   fmt::format("X-aws-ec2-metadata-token: {}", token_));
  }

 private:
  Result<std::string> body_of(const std::string& what, const std::string& header) {
    const std::string request = fmt::format(
        "{} HTTP/1.1\r\nHost: {}\r\n{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", what,
        endpoint_.address, header);
    auto answer = exchange(endpoint_.address, endpoint_.port, request, deadline_);
    if (!answer) return std::unexpected(with_hint(std::move(answer).error(), endpoint_.limit));
    if (answer->status != kOk) return std::unexpected(refused(answer->status, what));
    return std::move(answer)->body;
  }

  const ImdsEndpoint& endpoint_;
  Nanoseconds deadline_;
  std::string token_;
};

}  // namespace

Result<InstanceIdentity> ask_imds(const ImdsEndpoint& endpoint) {
  Session session(endpoint);
  if (auto opened = session.open(); !opened) return std::unexpected(std::move(opened).error());
  auto type = session.value("instance-type");
  if (!type) return std::unexpected(std::move(type).error());
  if (!looks_like_type(*type)) {
    return std::unexpected(
        Error{.what = fmt::format("the metadata service gave '{}' instead of an instance type",
                                  shorten(printable(*type), 40)),
              .hint = "give --instance TYPE",
              .failure = Failure::unsupported});
  }
  auto id = session.value("instance-id");
  if (!id) return std::unexpected(std::move(id).error());
  return InstanceIdentity{.type = *std::move(type),
                          .instance_id = looks_like_instance_id(*id) ? *id : ""};
}

}  // namespace cgtally::ec2
