// SPDX-License-Identifier: Apache-2.0
// One line for each fact, its fields divided by tabs, which no escaped name has; the last line is
// "end", which shows that the text is not cut off.
#include "core/serve/series/saved_series.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <vector>

namespace cgtally::serve {
namespace {

constexpr std::string_view kFirstLine = "cgtally-series 1";
constexpr std::string_view kLastLine = "end";
constexpr std::size_t kTrafficFields = 10;

std::string traffic_text(const Traffic& one) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", one.rx_bytes.value,
                     one.rx_packets.value, one.tx_bytes.value, one.tx_packets.value,
                     one.tcp.rx_connections, one.tcp.tx_connections, one.tcp.rx_resets,
                     one.tcp.tx_resets, one.tcp.rx_without_data.value,
                     one.tcp.tx_without_data.value);
}

std::string counter_text(const Counter& counter) {
  return fmt::format("{}\t{}", counter.created.count(), traffic_text(counter.value));
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

// The fields of one line, taken from its front. What is missing or no number makes it bad.
class Line {
 public:
  explicit Line(std::string_view line) : fields_(fields_of(line)) {}

  std::string text() { return std::string(next()); }
  template <typename Number>
  Number number() {
    const std::string_view field = next();
    Number value{};
    const auto [stop, code] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (code != std::errc{} || stop != field.data() + field.size()) good_ = false;
    return value;
  }
  Traffic traffic() {
    std::array<std::uint64_t, kTrafficFields> n{};
    for (std::uint64_t& one : n) one = number<std::uint64_t>();
    return {.rx_bytes = {n[0]},
            .rx_packets = {n[1]},
            .tx_bytes = {n[2]},
            .tx_packets = {n[3]},
            .tcp = {.rx_connections = n[4],
                    .tx_connections = n[5],
                    .rx_resets = n[6],
                    .tx_resets = n[7],
                    .rx_without_data = {n[8]},
                    .tx_without_data = {n[9]}}};
  }
  Counter counter() {
    const Nanoseconds created{number<std::int64_t>()};
    return {.value = traffic(), .created = created};
  }
  void fail() { good_ = false; }
  [[nodiscard]] bool more() const { return at_ < fields_.size(); }
  [[nodiscard]] bool good() const { return good_ && !more(); }

 private:
  std::string_view next() {
    if (more()) return fields_[at_++];
    good_ = false;
    return {};
  }

  std::vector<std::string_view> fields_;
  std::size_t at_ = 0;
  bool good_ = true;
};

// Adds a line's fact. An account's counters follow the account.
void add(Line& line, SavedSeries& saved) {
  const std::string kind = line.text();
  SavedBook& book = saved.book;
  if (kind == "reading") {
    saved.reading.ledger = line.text();
    saved.reading.taken.boot = Nanoseconds{line.number<std::int64_t>()};
    saved.reading.taken.wall = Nanoseconds{line.number<std::int64_t>()};
  } else if (kind == "interface") {
    std::string name = line.text();
    book.interfaces.push_back({.name = std::move(name), .all = line.counter(), .rest = {}});
  } else if (kind == "rest" && !book.interfaces.empty()) {
    book.interfaces.back().rest = line.counter();
  } else if (kind == "account") {
    SavedBook::Account& account = book.accounts.emplace_back();
    account.name = line.text();
    account.owner = {.container = line.text(), .pod = line.text(), .k8s_namespace = line.text()};
    account.reason = line.number<int>() != 0;
    const Nanoseconds ended{line.number<std::int64_t>()};
    if (ended >= Nanoseconds::zero()) account.ended = ended;
    while (line.more()) account.lives.insert(line.number<std::uint64_t>());
  } else if (kind == "counter" && !book.accounts.empty()) {
    std::string iface = line.text();
    book.accounts.back().interfaces[std::move(iface)] = line.counter();
  } else if (kind == "totals") {
    AccountTotals& one = saved.reading.accounts.emplace_back();
    one.iface.value = line.number<std::uint32_t>();
    one.account.kind = static_cast<AccountKind>(line.number<std::uint8_t>());
    one.account.cgroup_id = line.number<std::uint64_t>();
    one.totals = line.traffic();
  } else if (kind == "name") {
    const auto id = line.number<std::uint64_t>();
    saved.names[id] = line.text();
  } else {
    line.fail();
  }
}

Error error_in(std::size_t line, std::string_view what) {
  return {.what = fmt::format("line {}: {}", line, what), .hint = {}};
}

}  // namespace

std::string saved_series_text(const SavedSeries& saved) {
  const Reading& reading = saved.reading;
  std::string text = fmt::format("{}\nreading\t{}\t{}\t{}\n", kFirstLine, reading.ledger,
                                 reading.taken.boot.count(), reading.taken.wall.count());
  for (const SavedBook::Interface& one : saved.book.interfaces) {
    text += fmt::format("interface\t{}\t{}\n", one.name, counter_text(one.all));
    if (one.rest) text += fmt::format("rest\t{}\n", counter_text(*one.rest));
  }
  for (const SavedBook::Account& one : saved.book.accounts) {
    text += fmt::format("account\t{}\t{}\t{}\t{}\t{:d}\t{}", one.name, one.owner.container,
                        one.owner.pod, one.owner.k8s_namespace, one.reason,
                        one.ended ? one.ended->count() : -1);
    for (const std::uint64_t id : one.lives) text += fmt::format("\t{}", id);
    text += '\n';
    for (const auto& [iface, counter] : one.interfaces) {
      text += fmt::format("counter\t{}\t{}\n", iface, counter_text(counter));
    }
  }
  for (const AccountTotals& one : reading.accounts) {
    text += fmt::format("totals\t{}\t{}\t{}\t{}\n", one.iface.value,
                        static_cast<unsigned>(one.account.kind), one.account.cgroup_id,
                        traffic_text(one.totals));
  }
  for (const auto& [id, name] : saved.names) text += fmt::format("name\t{}\t{}\n", id, name);
  return text + fmt::format("{}\n", kLastLine);
}

Result<SavedSeries> parse_saved_series(std::string_view text) {
  SavedSeries saved;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (++number == 1) {
      if (row == kFirstLine) continue;
      return std::unexpected(error_in(1, fmt::format("must be \"{}\"", kFirstLine)));
    }
    if (row == kLastLine) {
      if (text.empty() && !saved.reading.ledger.empty()) return saved;
      return std::unexpected(error_in(number, "there is text after \"end\", or no reading"));
    }
    Line line(row);
    add(line, saved);
    if (!line.good()) return std::unexpected(error_in(number, "is not a fact of saved series"));
  }
  return std::unexpected(error_in(number, "cut off: the line \"end\" is missing"));
}

}  // namespace cgtally::serve
