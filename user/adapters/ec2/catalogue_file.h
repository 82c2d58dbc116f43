// SPDX-License-Identifier: Apache-2.0
// The table of instance types as CSV: the one that is built into the program, and the user's own
// in the same columns, found by name: instance_type, baseline_gbps, burst_gbps, vcpus, source. The
// last two may be missing. Reading is strict: what is not understood is an error with its line.
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/instance/catalogue.h"

namespace cgtally::ec2 {

struct CatalogueTable {
  std::vector<InstanceType> types;
  std::string date;  // that most rows bear: "2026-08-02"; empty where none has one
};

[[nodiscard]] Result<CatalogueTable> read_table(std::istream& in, const std::string& name);

// What is in force: the shipped table, and the user's over it.
struct LoadedCatalogue {
  Catalogue types;
  std::string date;  // of the shipped table
  std::string file;  // the user's own; empty: none
  std::size_t from_file = 0;
};

// `file`: empty for the shipped table alone.
[[nodiscard]] Result<LoadedCatalogue> load_catalogue(const std::string& file);

[[nodiscard]] std::string_view shipped_table();  // data/ec2_network_bandwidth.csv, as it was built

}  // namespace cgtally::ec2
