// SPDX-License-Identifier: Apache-2.0
// The table of instance types as CSV: the shipped one, which is built into the program, and the
// user's own. Columns are found by name: instance_type, baseline_gbps, burst_gbps, vcpus, source;
// the last two may be missing. Reading is strict: a malformed field is an Error with its line.
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
  std::string date;  // the most frequent date in the rows' sources: "2026-08-02"; may be empty
};

[[nodiscard]] Result<CatalogueTable> read_table(std::istream& in, const std::string& name);

// The types in force: the shipped table, overridden row by row by the user's own.
struct LoadedCatalogue {
  Catalogue types;
  std::string date;  // of the shipped table
  std::string file;  // the user's own table; may be empty
  std::size_t from_file = 0;
};

// `file`: the user's own table; empty for the shipped table alone.
[[nodiscard]] Result<LoadedCatalogue> load_catalogue(const std::string& file);

[[nodiscard]] std::string_view shipped_table();  // data/ec2_network_bandwidth.csv, as it was built

}  // namespace cgtally::ec2
