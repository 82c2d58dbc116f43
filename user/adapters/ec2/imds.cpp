// SPDX-License-Identifier: Apache-2.0
#include "adapters/ec2/imds.h"

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

Error with_cure(Error error, Nanoseconds limit) {
  error.failure = Failure::unsupported;
  if (error.code == ETIMEDOUT) {
    error.what = "the metadata service did not answer within " + format_duration(limit);
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
  return {.what = "the metadata service answered " + std::to_string(status) + " to " + what +
                  (off ? ": it is switched off" : ""),
          .hint = off ? "aws ec2 modify-instance-metadata-options --http-endpoint enabled; or give "
                        "--instance TYPE"
                      : "give --instance TYPE",
          .failure = Failure::unsupported};
}

class Session {
 public:
  explicit Session(const ImdsEndpoint& endpoint)
      : endpoint_(endpoint), deadline_(sys::now().boot + endpoint.limit) {}

  Result<void> open() {
    auto token = body_of("PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 60");
    if (!token) return std::unexpected(std::move(token).error());
    // It goes into a header: nothing that could end the line.
    const bool sane = !token->empty() && token->size() <= kLongestToken &&
                      std::ranges::all_of(*token, [](char c) { return c > ' ' && c < 0x7F; });
    if (!sane) {
      return std::unexpected(with_cure(
          {.what = "the metadata service gave a token that is none", .hint = {}}, endpoint_.limit));
    }
    token_ = *std::move(token);
    return {};
  }

  Result<std::string> value(const std::string& name) {
    return body_of("GET /latest/meta-data/" + name, "X-aws-ec2-metadata-token: " + token_);
  }

 private:
  Result<std::string> body_of(const std::string& what, const std::string& header) {
    const std::string request = what + " HTTP/1.1\r\nHost: " + endpoint_.address + "\r\n" + header +
                                "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    auto answer = exchange(endpoint_.address, endpoint_.port, request, deadline_);
    if (!answer) return std::unexpected(with_cure(std::move(answer).error(), endpoint_.limit));
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
    return std::unexpected(Error{.what = "the metadata service says that the type is '" +
                                         shorten(printable(*type), 40) + "'",
                                 .hint = "give --instance TYPE",
                                 .failure = Failure::unsupported});
  }
  auto id = session.value("instance-id");
  if (!id) return std::unexpected(std::move(id).error());
  return InstanceIdentity{.type = *std::move(type),
                          .instance_id = looks_like_instance_id(*id) ? *id : ""};
}

}  // namespace cgtally::ec2
