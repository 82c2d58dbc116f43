// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/size_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "adapters/csv/recordings.h"
#include "adapters/csv/sizing.h"
#include "adapters/ec2/catalogue_file.h"
#include "core/base/glob.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/sizing/screen.h"
#include "monitor/credits/instance.h"
#include "monitor/offline/new_csv.h"
#include "monitor/offline/series_nodes.h"
#include "monitor/offline/series_workload.h"

namespace cgtally::monitor {
namespace {

constexpr Bytes kUsualRequest{64};

// One way to count the load, and what one exchange of it is where it is imagined.
struct Counted {
  std::string name;  // empty: recorded
  sizing::Workload load;
  std::optional<Traffic> one;
};

struct Question {
  std::string heading;
  std::vector<Counted> counted;  // the last one decides
  std::string notes;
};

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", printable(name));
  }
  constexpr std::size_t kMost = 30;
  return shorten(text, kMost);
}

bool charged(const SizeOptions& options, const std::string& iface) {
  if (options.interfaces.empty()) return csv::may_be_uplink(iface);
  return std::ranges::any_of(
      options.interfaces, [&iface](const std::string& glob) { return matches_glob(glob, iface); });
}

Result<Question> recorded(const SizeOptions& options, std::vector<text::Input>& inputs) {
  sizing::WorkloadBuilder recorder;
  std::set<std::string> left_out;
  std::size_t taken = 0;
  auto read = csv::read_recordings(inputs, [&](const Sample& row, const std::string& place) {
    if (!charged(options, row.iface)) {
      left_out.insert(row.iface);
      return Result<void>{};
    }
    ++taken;
    auto added = recorder.add(row, place);
    return added ? added : std::unexpected(std::move(added).error().within(place));
  });
  if (!read) return std::unexpected(std::move(read).error());
  if (taken == 0) {
    return std::unexpected(csv::no_match("interface", {left_out.begin(), left_out.end()}));
  }
  auto load = std::move(recorder).finish();
  if (!load) return std::unexpected(std::move(load).error());
  const std::string without =
      left_out.empty() ? "" : fmt::format("  (left out: {})", joined(left_out));
  Question question{.heading = fmt::format(
                        "{}  {}  {} intervals of {}{}\n{}", format_date_time(load->first_wall),
                        format_duration(load->load.length()), format_count(load->load.steps.size()),
                        joined(load->interfaces), without, sizing::workload_lines(load->load)),
                    .counted = {},
                    .notes = sizing::short_packets(load->load)};
  if (load->gaps.count > 0) {
    question.notes +=
        fmt::format("GAP      {} times nothing was recorded; what moved then is spread evenly\n",
                    format_count(load->gaps.count));
  }
  if (load->ledgers > 1) {
    question.notes += fmt::format(
        "LEDGER   {} ledgers one after the other; the time between them counts for nothing\n",
        format_count(load->ledgers));
  }
  question.counted.push_back({.name = "", .load = std::move(load->load), .one = std::nullopt});
  return question;
}

// A direction of which the file says nothing has no line.
std::string lines_of(const Series& series, const sizing::Workload& load) {
  const std::string lines = sizing::workload_lines(load);
  const auto second = lines.find('\n') + 1;
  return (series.has(Direction::rx) ? lines.substr(0, second) : "") +
         (series.has(Direction::tx) ? lines.substr(second) : "");
}

// What another monitor has measured: bytes without packets, perhaps of one direction only.
Result<Question> measured(const SizeOptions& options, std::vector<text::Input>& inputs) {
  series::ReadOptions read = options.read;
  read.interfaces = options.interfaces;
  auto nodes = read_nodes(inputs, read, false);
  if (!nodes) return std::unexpected(std::move(nodes).error());
  if (nodes->size() > 1) {
    return std::unexpected(
        usage_error(fmt::format("the files are of {} nodes: {}, {}", format_count(nodes->size()),
                                node_name(nodes->front()), node_name(nodes->back())),
                    "give those of one: a type is found for one node's traffic"));
  }
  auto load = workload_of(nodes->front());
  if (!load) return std::unexpected(std::move(load).error());
  Question question{
      .heading = fmt::format("{}\n{}", load->sources, lines_of(nodes->front(), load->load)),
      .counted = {},
      .notes = load->notes};
  question.counted.push_back({.name = "", .load = std::move(load->load), .one = std::nullopt});
  return question;
}

Result<Question> from_files(const SizeOptions& options) {
  auto inputs = csv::open_inputs(options.files);
  if (!inputs) return std::unexpected(std::move(inputs).error());
  const auto kind = kind_of(*inputs);
  if (!kind) return std::unexpected(kind.error());
  if (*kind == FilesKind::foreign) return measured(options, *inputs);
  const std::string useless = options.read.told();
  if (useless.empty()) return recorded(options, *inputs);
  return std::unexpected(
      usage_error(fmt::format("{} is a recording of cgtally: {} would do nothing",
                              inputs->front().name(), useless),
                  "leave out what is for files of other monitors"));
}

Result<Question> imagined(const SizeOptions& options) {
  const sizing::Exchange exchange{.per_second = *options.rps,
                                  .request = options.request.value_or(kUsualRequest),
                                  .response = *options.response};
  Question question{
      .heading = fmt::format("{} {} a second of {}, to requests of {}\n",
                             format_count(exchange.per_second),
                             exchange.per_second == 1 ? "response" : "responses",
                             format_bytes(exchange.response), format_bytes(exchange.request)),
      .counted = {},
      .notes = ""};
  for (const auto& [name, one] : {std::pair{"payload", sizing::payload_of(exchange)},
                                  std::pair{"wire", sizing::wire_bytes_of(exchange)}}) {
    auto load = sizing::repeated(one, exchange.per_second);
    if (!load) return std::unexpected(std::move(load).error());
    question.heading += fmt::format("{}\n{}", name, sizing::workload_lines(*load));
    question.counted.push_back({.name = name, .load = *std::move(load), .one = one});
  }
  question.notes =
      "MOST/s   responses a second for ever, by the baseline alone\n"
      "wire     payload and 66 B of headers for each segment of up to 1448 B (Ethernet,\n"
      "         IPv4, TCP with timestamps), and an ACK of 66 B for every two segments\n" +
      sizing::short_packets(question.counted.back().load);
  return question;
}

Result<Question> ask(const SizeOptions& options) {
  const bool imagining = options.response || options.rps || options.request;
  if (imagining && !options.files.empty()) {
    return std::unexpected(usage_error("a recording and an imagined workload at once",
                                       "give FILE..., or --response-size and --rps"));
  }
  if (imagining && (!options.response || !options.rps)) {
    return std::unexpected(
        usage_error(fmt::format("--{} is missing", options.response ? "rps" : "response-size"),
                    "an imagined workload is --response-size 32kB --rps 400"));
  }
  if (!imagining && options.files.empty()) {
    return std::unexpected(usage_error("there is nothing to size",
                                       "give a recording, or --response-size 32kB --rps 400"));
  }
  return imagining ? imagined(options) : from_files(options);
}

Result<std::vector<const InstanceType*>> chosen(const SizeOptions& options,
                                                const ec2::LoadedCatalogue& catalogue) {
  std::vector<const InstanceType*> types;
  if (!options.instance.empty()) {
    types.push_back(catalogue.types.find(options.instance));
    if (types.front() == nullptr) return std::unexpected(unknown_type(options.instance, catalogue));
    return types;
  }
  for (const InstanceType& type : catalogue.types.types()) {
    const bool ec2 = !type.name.starts_with("cache.") && !type.name.starts_with("db.");
    const bool wanted = options.types.empty() ? ec2 : matches_glob(options.types, type.name);
    if (wanted) {
      types.push_back(&type);
    }
  }
  if (!types.empty()) return types;
  return std::unexpected(
      usage_error(fmt::format("no instance type matches {}", printable(options.types)),
                  "give a pattern such as 't4g.*', 'cache.*' or '*'"));
}

std::vector<sizing::SizingRow> rows_for(const std::vector<sizing::Candidate>& shown,
                                        const Question& question,
                                        const sizing::GivenLimits& limits) {
  std::vector<sizing::SizingRow> rows;
  std::vector<sizing::Sizing> sizings;
  for (const Counted& counted : question.counted) {
    sizings.emplace_back(counted.load, limits);
  }
  for (const sizing::Candidate& one : shown) {
    const CreditTerms terms = terms_of(*one.type);
    const auto gateway = sizing::gateway_of(*one.type, limits);
    for (std::size_t i = 0; i < question.counted.size(); ++i) {
      const Counted& counted = question.counted[i];
      rows.push_back({.type = one.type,
                      .counted = counted.name,
                      .fit = sizings[i].fit(terms, gateway),
                      .most_per_second = std::nullopt});
      if (counted.one) {
        rows.back().most_per_second = sizing::most_per_second(*counted.one, terms, limits, gateway);
      }
    }
  }
  return rows;
}

Result<void> write_rows(const csv::RowFile& file, const std::vector<sizing::SizingRow>& rows) {
  if (auto checked = NewCsv::check(file); !checked) return checked;
  NewCsv csv(file, csv::sizing_header());
  for (const sizing::SizingRow& row : rows) {
    if (auto added = csv.add(csv::sizing_row(row)); !added) return added;
  }
  return csv.finish();
}

// How many types carry it, and how many others would not be empty when the recording ends.
std::string summary(const std::vector<sizing::Candidate>& all, bool is_recorded,
                    const ec2::LoadedCatalogue& catalogue) {
  const auto counted = [&all](auto&& matches) {
    return format_count(
        static_cast<std::uint64_t>(std::ranges::count_if(all, matches, &sizing::Candidate::fit)));
  };
  const std::string for_ever =
      counted([](const sizing::Fit& fit) { return fit.verdict == sizing::Verdict::for_ever; });
  std::string text = fmt::format("\n{} of {} {} it for ever", for_ever, format_count(all.size()),
                                 all.size() == 1 ? "type carries" : "types carry");
  if (is_recorded) {
    text += fmt::format(", {} more over the recording", counted([](const sizing::Fit& fit) {
                          return fit.verdict == sizing::Verdict::empties && fit.over_the_load;
                        }));
  }
  text += fmt::format("\ntypes of {}", catalogue.date);
  if (!catalogue.file.empty()) {
    text += fmt::format(", {} of them from {}", format_count(catalogue.from_file),
                        shorten(printable(catalogue.file), 40));
  }
  return text + '\n';
}

std::string footer(const std::vector<sizing::Candidate>& all,
                   const std::vector<sizing::SizingRow>& rows, bool internet) {
  std::string text;
  std::set<std::string> assumptions;
  for (const sizing::SizingRow& row : rows) {
    if (!row.type->assumed_of.empty()) assumptions.insert(assumption_note(*row.type));
  }
  for (const std::string& note : assumptions) text += fmt::format("ASSUMED  {}\n", note);
  if (internet) {
    text +=
        "GATEWAY  through an internet gateway: 5 Gbit/s in each direction below 32 vCPUs,\n"
        "         from there on half of the bandwidth, credits or not\n";
  }
  const auto empties = [](const sizing::SizingRow& row) {
    return row.fit.verdict == sizing::Verdict::empties;
  };
  if (std::ranges::any_of(rows, empties)) {
    text +=
        "LASTS    until a bucket is empty that was full, the load again and again; no\n"
        "         bucket's size is published: PRIOR, from measurements of c5\n";
  }
  std::set<std::string> without_burst;
  for (const sizing::SizingRow& row : rows) {
    if (!row.type->burst_known) {
      without_burst.insert(row.type->name);
    }
  }
  for (const std::string& name : without_burst) {
    text += fmt::format("BURST    not known of {}: no credits are counted on\n", printable(name));
  }
  const auto given = [](const sizing::Candidate& one) {
    return sizing::crosses_given_limit(one.fit);
  };
  if (std::ranges::all_of(all, given)) {
    text +=
        "LIMIT    the limit that was given is crossed whatever the type: fewer, larger\n"
        "         packets, fewer connections, or several instances\n";
  }
  return text;
}

}  // namespace

Result<std::string> size_text(const SizeOptions& options) {
  const auto question = ask(options);
  if (!question) return std::unexpected(question.error());
  auto catalogue = ec2::load_catalogue(options.catalogue);
  if (!catalogue) return std::unexpected(catalogue.error());
  if (auto assumed = catalogue->types.assumed(options.instance);
      assumed && catalogue->types.find(options.instance) == nullptr) {
    catalogue->types.add(*std::move(assumed));
  }
  const auto types = chosen(options, *catalogue);
  if (!types) return std::unexpected(types.error());
  const std::vector<sizing::Candidate> all =
      sizing::candidates(*types, question->counted.back().load, options.limits);
  const std::vector<sizing::SizingRow> rows =
      rows_for(sizing::worth_showing(all, options.top), *question, options.limits);
  if (!options.rows.empty()) {
    const auto written = write_rows(options.rows, rows_for(all, *question, options.limits));
    if (!written) return std::unexpected(written.error());
  }
  return fmt::format("{}\n{}{}{}{}", question->heading, sizing::sizing_table(rows),
                     summary(all, question->counted.size() == 1, *catalogue),
                     footer(all, rows, options.limits.internet), question->notes);
}

}  // namespace cgtally::monitor
