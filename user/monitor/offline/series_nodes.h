// SPDX-License-Identifier: Apache-2.0
// The files of other monitors that a command was given, as one series for each node, and the lines
// that say what each file was taken for.
#pragma once

#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "adapters/text/input.h"
#include "core/base/result.h"
#include "core/series/intervals.h"
#include "core/series/series.h"

namespace cgtally::monitor {

// What each of several files is.
enum class FilesKind : std::uint8_t { ours, foreign };
// An Error if some are recordings of cgtally and others are not.
[[nodiscard]] Result<FilesKind> kind_of(const std::vector<text::Input>& inputs);

// At least one; points in order.
[[nodiscard]] Result<std::vector<Series>> read_nodes(std::vector<text::Input>& inputs,
                                                     const series::ReadOptions& options,
                                                     bool by_file);

// "web1", or the file's name.
[[nodiscard]] std::string node_name(const Series& series);
// "a.json: CloudWatch JSON ...: 60 rows of 1m00s, 2026-11-26 10:00:00Z to 11:00:00Z".
[[nodiscard]] std::vector<std::string> source_lines(const Series& series,
                                                    const IntervalFacts& facts);
// What was assumed about the rows, and what is odd about them: lines that begin with NOTE.
[[nodiscard]] std::vector<std::string> note_lines(const Series& series, const IntervalFacts& facts);
[[nodiscard]] std::vector<std::string> note_line(const std::string& sentence);

}  // namespace cgtally::monitor
