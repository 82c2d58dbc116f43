// SPDX-License-Identifier: Apache-2.0
// Each plot is drawn twice, for a wide and for a narrow page. Where a recording has more intervals
// than a plot has pixels, a slot is several of them, with the lowest and the highest kept.
#include "core/report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "core/base/timestamp.h"
#include "core/credits/screen.h"
#include "core/html/html.h"
#include "core/html/plot.h"
#include "core/report/words.h"

namespace cgtally::report {
namespace {

constexpr std::size_t kMostInterfaces = 6;
constexpr std::size_t kMostStacked = 5;
constexpr double kLeastShare = 0.001;  // of what a layer of its own shows
constexpr std::size_t kMostCredits = 6;
constexpr std::array<std::string_view, 6> kClasses{"c0", "c1", "c2", "c3", "c4", "c5"};
constexpr std::string_view kOthers = "c5";

struct Key {
  std::string css_class;
  std::string words;
};

std::string legend(const std::vector<Key>& keys) {
  std::string items;
  for (const Key& key : keys) {
    items += fmt::format("<li><span class=\"key {}\"></span>{}</li>\n", key.css_class,
                         html::escaped(key.words));
  }
  return html::around("ul", items, "legend");
}

using Draw = std::function<std::string(const html::PlotSize& size, std::string_view css_class)>;

std::string figure(const std::string& title, const std::string& words, const std::vector<Key>& keys,
                   const Draw& draw) {
  return fmt::format("<figure>\n<figcaption><strong>{}</strong> {}</figcaption>\n{}{}{}</figure>\n",
                     html::escaped(title), html::escaped(words), legend(keys),
                     draw(html::kWidePlot, "wide-plot"), draw(html::kNarrowPlot, "narrow-plot"));
}

// A slot for each pixel.
std::size_t columns_of(const html::PlotSize& size) { return static_cast<std::size_t>(size.width); }

std::vector<html::Step> steps_of(
    const Track& track, const std::function<std::pair<double, double>(const Slot&)>& bounds) {
  std::vector<html::Step> steps;
  for (std::size_t i = 0; i < track.slots().size(); ++i) {
    const Slot& slot = track.slots()[i];
    if (!slot.recorded()) continue;
    const auto [low, high] = bounds(slot);
    steps.push_back({.begin = track.begin_of(i),
                     .end = track.begin_of(i) + track.width(),
                     .low = low,
                     .high = high});
  }
  return steps;
}

std::vector<html::Step> band_of(const Track& track) {
  return steps_of(
      track, [](const Slot& slot) { return std::pair<double, double>(slot.least, slot.most); });
}

std::vector<html::Step> mean_of(const Track& track) {
  return steps_of(track, [](const Slot& slot) { return std::pair(0.0, slot.mean()); });
}

double most_of(const Track& track) {
  double most = 0;
  for (const Slot& slot : track.slots()) most = std::max(most, double{slot.most});
  return most;
}

Track fitted(Track track, const html::PlotSize& size) {
  track.widen(Nanoseconds{}, columns_of(size));
  return track;
}

// Slots that are shorter than the intervals show each of them as it is.
std::string step_words(const Findings& findings, const Track& track) {
  const Track wide = fitted(track, html::kWidePlot);
  const Nanoseconds usual = findings.traffic ? findings.traffic->typical_interval : Nanoseconds{};
  if (wide.width() <= usual) return "Each interval as it was recorded.";
  return fmt::format(
      "Steps of {}; the pale band is from the lowest to the highest interval in a step, the line "
      "their mean.",
      format_duration(wide.width()));
}

std::string name_of(const Findings& findings, const InterfaceCourse& course) {
  if (course.iface.empty()) return course.host;  // of another monitor
  if (findings.hosts().size() < 2) return course.iface;
  return fmt::format("{}:{}", course.host, course.iface);
}

// --- Rates of an interface

// The baseline that this host's credits are earned at, if it is near enough to be shown.
std::optional<double> baseline_of(const Findings& findings, const std::string& host, double top) {
  for (const CreditCourse& course : findings.credits) {
    if (course.host != host) continue;
    const auto rate =
        static_cast<double>(course.last.directions[Direction::tx].terms.baseline.bits_per_second);
    if (rate > 0 && rate < 4 * top) return rate;
  }
  return std::nullopt;
}

void add_ends(html::Plot& plot, const Findings& findings, const std::string& host) {
  constexpr std::size_t kMost = 200;
  std::size_t drawn = 0;
  for (const lifecycle::Row& row : findings.lives) {
    if (row.event != lifecycle::Event::ended || row.host != host || drawn == kMost) continue;
    const bool lost = lifecycle::lost_something(row);
    plot.moment(row.at.wall, lost ? "bad" : "calm",
                fmt::format("{} {} ended{}", format_clock(row.at.wall), row.label(),
                            lost ? ", and something was lost" : ""));
    ++drawn;
  }
}

std::string rates_figure(const Findings& findings, const InterfaceCourse& course) {
  const std::string name = name_of(findings, course);
  const double most = std::max(most_of(course.rates.tx), most_of(course.rates.rx));
  const auto baseline = baseline_of(findings, course.host, most);
  const html::PlotFrame frame{.begin = findings.begin(),
                              .end = findings.end(),
                              .top = std::max(most, baseline.value_or(0) * 1.1)};
  std::vector<Key> keys;
  if (!course.rates.tx.empty()) keys.push_back({"c0", "sent"});
  if (!course.rates.rx.empty()) keys.push_back({"c1", "received"});
  if (findings.has_lives) keys.push_back({"bad flag", "a container ended, and something was lost"});
  const Track& any = course.rates.tx.empty() ? course.rates.rx : course.rates.tx;
  return figure(fmt::format("Rates of {}", name), step_words(findings, any), keys,
                [&](const html::PlotSize& size, std::string_view css_class) {
                  html::Plot plot(frame, size);
                  const Track tx = fitted(course.rates.tx, size);
                  const Track rx = fitted(course.rates.rx, size);
                  plot.area(band_of(rx), "pale c1");
                  plot.area(band_of(tx), "pale c0");
                  plot.line(mean_of(rx), "c1");
                  plot.line(mean_of(tx), "c0");
                  if (baseline) plot.level(*baseline, "baseline");
                  add_ends(plot, findings, course.host);
                  return std::move(plot).svg(fmt::format("Rates of {} over time", name), css_class);
                });
}

// --- Who: the accounts on top of each other

struct Layer {
  std::string label;
  std::string css_class;
  Track track = {};
  bool others = false;  // what the whole has beyond the other layers
};

// The accounts with most bytes of both directions, so that each has one colour on its interface.
std::vector<Layer> layers_of(const InterfaceCourse& course, Direction direction) {
  std::vector<const AccountCourse*> ranked;
  for (const auto& [account, one] : course.accounts) ranked.push_back(&one);
  std::ranges::stable_sort(ranked, std::greater{},
                           [](const AccountCourse* one) { return one->bytes.rx + one->bytes.tx; });
  std::vector<Layer> layers;
  std::size_t others = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const AccountCourse& one = *ranked[i];
    if (one.bytes[direction] <= 0) continue;
    if (i < kMostStacked && one.bytes[direction] >= kLeastShare * course.bytes[direction]) {
      layers.push_back({.label = one.label,
                        .css_class = std::string(kClasses.at(i)),
                        .track = one.rates[direction]});
    } else {
      ++others;
    }
  }
  if (others > 0) {
    layers.push_back(
        {.label = counted(others, "other"), .css_class = std::string(kOthers), .others = true});
  }
  return layers;
}

// Means over the time that the interface was recorded.
std::vector<std::vector<html::Step>> stacked(const InterfaceCourse& course, Direction direction,
                                             std::vector<Layer> layers,
                                             const html::PlotSize& size) {
  const Track whole = fitted(course.rates[direction], size);
  for (Layer& layer : layers) layer.track.widen(whole.width(), Track::kMostSlots);
  std::vector<std::vector<html::Step>> stack(layers.size());
  for (std::size_t i = 0; i < whole.slots().size(); ++i) {
    const Slot& slot = whole.slots()[i];
    if (!slot.recorded()) continue;
    const Nanoseconds begin = whole.begin_of(i);
    double below = 0;
    for (std::size_t k = 0; k < layers.size(); ++k) {
      const double part = layers[k].others ? std::max(slot.mean() - below, 0.0)
                                           : double{layers[k].track.at(begin).sum} / slot.covered_s;
      stack[k].push_back(
          {.begin = begin, .end = begin + whole.width(), .low = below, .high = below + part});
      below += part;
    }
  }
  return stack;
}

std::string who_figure(const Findings& findings, const InterfaceCourse& course,
                       Direction direction) {
  const std::string name = name_of(findings, course);
  const std::vector<Layer> layers = layers_of(course, direction);
  if (layers.empty()) return {};
  std::vector<Key> keys;
  for (const Layer& layer : layers) keys.push_back({layer.css_class, layer.label});
  double top = 0;
  for (const html::Step& step : mean_of(fitted(course.rates[direction], html::kWidePlot))) {
    top = std::max(top, step.high);
  }
  const std::string title = fmt::format("Who {} on {}", moved_word(direction), name);
  return figure(title, "Means of each step, on top of each other.", keys,
                [&](const html::PlotSize& size, std::string_view css_class) {
                  html::Plot plot({.begin = findings.begin(), .end = findings.end(), .top = top},
                                  size);
                  const auto stack = stacked(course, direction, layers, size);
                  for (std::size_t i = 0; i < stack.size(); ++i)
                    plot.area(stack[i], keys[i].css_class);
                  return std::move(plot).svg(title, css_class);
                });
}

// --- Credits

// Where there is no upper bound the band ends at the top of the plot.
std::vector<html::Step> balance_of(const Track& low, const Track& high, double top) {
  std::vector<html::Step> steps;
  for (std::size_t i = 0; i < low.slots().size(); ++i) {
    const Slot& slot = low.slots()[i];
    if (!slot.recorded()) continue;
    const Slot above = high.at(low.begin_of(i));
    steps.push_back({.begin = low.begin_of(i),
                     .end = low.begin_of(i) + low.width(),
                     .low = slot.least,
                     .high = above.recorded() ? above.most : top});
  }
  return steps;
}

std::vector<html::Step> lower_edge(std::vector<html::Step> steps) {
  for (html::Step& step : steps) step.high = step.low;
  return steps;
}

std::vector<html::Step> spent_of(const Track& exhausted) {
  std::vector<html::Step> steps;
  for (std::size_t i = 0; i < exhausted.slots().size(); ++i) {
    if (exhausted.slots()[i].most <= 0) continue;
    steps.push_back(
        {.begin = exhausted.begin_of(i), .end = exhausted.begin_of(i) + exhausted.width()});
  }
  return steps;
}

std::string credits_figure(const Findings& findings, const CreditCourse& course,
                           Direction direction) {
  const auto& tracks = course.directions[direction];
  if (tracks.low.empty()) return {};
  const double top = course.capacity[direction];
  const std::string title =
      fmt::format("Credits for {}{}", direction == Direction::tx ? "sending" : "receiving",
                  findings.hosts().size() > 1 ? " of " + course.host : "");
  std::vector<Key> keys{{"c2", "balance: somewhere in this band"}};
  const bool spent = !spent_of(tracks.exhausted).empty();
  if (spent) keys.push_back({"bad", "exhausted"});
  return figure(title,
                course.estimated
                    ? "An estimate: the true balance lies between the two edges."
                    : "As it was recorded: the true balance lies between the two edges.",
                keys, [&](const html::PlotSize& size, std::string_view css_class) {
                  Track low = fitted(tracks.low, size);
                  Track high = tracks.high;
                  high.widen(low.width(), Track::kMostSlots);
                  Track exhausted = tracks.exhausted;
                  exhausted.widen(low.width(), Track::kMostSlots);
                  html::Plot plot({.begin = findings.begin(),
                                   .end = findings.end(),
                                   .top = top,
                                   .quantity = html::Quantity::bytes},
                                  size);
                  const std::vector<html::Step> balance = balance_of(low, high, top);
                  plot.area(balance, "band c2");
                  plot.line(balance, "c2");
                  plot.line(lower_edge(balance), "c2");
                  plot.line(spent_of(exhausted), "thick bad");
                  return std::move(plot).svg(title, css_class);
                });
}

// --- Bursts

std::string bursts_figure(const Findings& findings) {
  const std::vector<RecordedBurst> bursts = findings.bursts.largest();
  if (bursts.empty()) return {};
  double top = 0;
  for (const RecordedBurst& burst : bursts) {
    top = std::max(top, static_cast<double>(burst.peak.bits_per_second));
  }
  const std::string words =
      findings.bursts.count() > bursts.size()
          ? fmt::format("The {} largest of {}, at the height of their peak.",
                        format_count(bursts.size()), format_count(findings.bursts.count()))
          : "At the height of their peak.";
  return figure(
      "Bursts", words, {{"c0", "sent"}, {"c1", "received"}, {"bad", "packets were held back"}},
      [&](const html::PlotSize& size, std::string_view css_class) {
        html::Plot plot({.begin = findings.begin(), .end = findings.end(), .top = top}, size);
        for (const RecordedBurst& burst : bursts) {
          const bool held = burst.exceeded.value_or(0) > 0;
          plot.stem(
              burst.wall, static_cast<double>(burst.peak.bits_per_second),
              held                               ? "bad"
              : burst.direction == Direction::tx ? "c0"
                                                 : "c1",
              fmt::format("{} {} {}, peak {}, {}", format_clock(burst.wall), burst.iface,
                          format_bytes(burst.bytes), format_bit_rate(burst.peak), burst.account));
        }
        return std::move(plot).svg("Bursts over time", css_class);
      });
}

std::string all_credits(const Findings& findings) {
  std::string html;
  for (std::size_t i = 0; i < std::min(findings.credits.size(), kMostCredits); ++i) {
    for (const Direction direction : kCreditOrder) {
      html += credits_figure(findings, findings.credits[i], direction);
    }
  }
  return html;
}

std::string who_figures(const Findings& findings, const InterfaceCourse& course) {
  std::string html;
  if (!carries_much(findings, course)) return html;
  for (const Direction direction : {Direction::tx, Direction::rx}) {
    html += who_figure(findings, course, direction);
  }
  return html;
}

}  // namespace

std::string figures_html(const Findings& findings) {
  const std::size_t shown = std::min(findings.interfaces.size(), kMostInterfaces);
  std::string html;
  for (std::size_t i = 0; i < std::max<std::size_t>(shown, 1); ++i) {
    if (i < shown) html += rates_figure(findings, findings.interfaces[i]);
    if (i == 0) html += all_credits(findings);  // below the rates that spend them
    if (i < shown) html += who_figures(findings, findings.interfaces[i]);
  }
  return html + bursts_figure(findings);
}

}  // namespace cgtally::report
