// SPDX-License-Identifier: Apache-2.0
#include "adapters/ec2/dmi.h"

#include <fmt/core.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "core/base/text.h"

namespace cgtally::ec2 {
namespace {

constexpr std::string_view kAmazon = "Amazon EC2";
constexpr const char* kDirectory = "/sys/class/dmi/id/";

struct Field {
  std::string text;
  int code = 0;  // errno if it could not be read
};

Field read_field(const std::string& host_root, const std::string& name) {
  Field read;
  errno = 0;
  std::ifstream file(host_root + kDirectory + name);
  if (!std::getline(file, read.text)) read.code = errno != 0 ? errno : ENODATA;
  read.text.erase(read.text.find_last_not_of(" \r\t") + 1);
  return read;
}

Error unknown_type(std::string what) {
  return {.what = std::move(what), .hint = {}, .failure = Failure::unsupported};
}

}  // namespace

Result<InstanceIdentity> read_dmi(const std::string& host_root) {
  const Field vendor = read_field(host_root, "sys_vendor");
  const Field bios = read_field(host_root, "bios_version");
  if (bios.text.find("amazon") != std::string::npos && vendor.text != kAmazon) {
    return std::unexpected(
        unknown_type("an EC2 instance on Xen, whose DMI data does not name the instance type"));
  }
  if (vendor.code != 0) {
    return std::unexpected(
        unknown_type(fmt::format("the instance type is not known: {}{}sys_vendor: {}", host_root,
                                 kDirectory, std::generic_category().message(vendor.code))));
  }
  if (vendor.text != kAmazon) {
    return std::unexpected(unknown_type(
        fmt::format("not an EC2 instance (DMI vendor: {})", shorten(printable(vendor.text), 40))));
  }
  const Field product = read_field(host_root, "product_name");
  if (!looks_like_type(product.text)) {
    return std::unexpected(unknown_type(
        fmt::format("an EC2 instance whose DMI product name is '{}' instead of an instance type",
                    shorten(printable(product.text), 40))));
  }
  const Field id = read_field(host_root, "board_asset_tag");
  return InstanceIdentity{.type = product.text,
                          .instance_id = looks_like_instance_id(id.text) ? id.text : ""};
}

}  // namespace cgtally::ec2
