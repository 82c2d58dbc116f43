// SPDX-License-Identifier: Apache-2.0
#include "harness/host/metadata_service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <utility>
#include <vector>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

constexpr const char* kToken = "AQAEAtest==";

std::string read_request(const sys::Fd& connection) {
  std::string text;
  std::array<char, 1024> buffer{};
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = recv(connection.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

MetadataService::MetadataService(Manners manners, const std::string& address, std::uint16_t port)
    : manners_(std::move(manners)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in own{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  require(inet_pton(AF_INET, address.c_str(), &own.sin_addr) == 1, "inet_pton");
  require(bind(listener_.get(), reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0, "bind");
  require(listen(listener_.get(), 8) == 0, "listen");
  socklen_t size = sizeof(own);
  require(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0,
          "getsockname");
  port_ = ntohs(own.sin_port);
  thread_ = std::thread([this] { serve(); });
}

MetadataService::~MetadataService() {
  shutdown(listener_.get(), SHUT_RDWR);  // ends accept()
  thread_.join();
}

void MetadataService::serve() const {
  std::vector<sys::Fd> kept;
  for (;;) {
    sys::Fd connection(accept(listener_.get(), nullptr, nullptr));
    if (!connection) return;
    if (!manners_.silent) {
      const std::string text = answer_to(read_request(connection));
      const std::size_t piece = manners_.slowly ? 1 : text.size();
      for (std::size_t at = 0; at < text.size(); at += piece) {
        if (send(connection.get(), text.data() + at, piece, MSG_NOSIGNAL) < 0) break;
      }
    }
    if (manners_.silent || manners_.keeps_open) kept.push_back(std::move(connection));
  }
}

std::string MetadataService::answer_to(const std::string& request) const {
  if (manners_.status != 200) return answer(manners_.status, "");
  if (request.starts_with("PUT /latest/api/token HTTP/1.1\r\n") &&
      request.find("\r\nX-aws-ec2-metadata-token-ttl-seconds: ") != std::string::npos) {
    return answer(200, kToken);
  }
  if (request.find("\r\nX-aws-ec2-metadata-token: " + std::string(kToken) + "\r\n") ==
      std::string::npos) {
    return answer(401, "");
  }
  if (request.starts_with("GET /latest/meta-data/instance-type ")) {
    return answer(200, manners_.instance_type);
  }
  if (request.starts_with("GET /latest/meta-data/instance-id ")) {
    return answer(200, "i-0123456789abcdef0");
  }
  return answer(404, "");
}

}  // namespace cgtally::harness
