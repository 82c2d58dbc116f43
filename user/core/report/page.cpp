// SPDX-License-Identifier: Apache-2.0
#include "core/report/page.h"

#include <fmt/format.h>

#include "core/base/timestamp.h"
#include "core/html/html.h"
#include "core/html/style.h"
#include "core/report/figures.h"
#include "core/report/story.h"
#include "core/report/tables.h"
#include "core/report/words.h"

namespace cgtally::report {
namespace {

std::string title_of(const Findings& findings) {
  const auto hosts = findings.hosts();
  if (hosts.empty()) return "Network report";
  if (hosts.size() == 1) return fmt::format("Network report of {}", printable(hosts.front()));
  return fmt::format("Network report of {}", counted(hosts.size(), "host"));
}

std::string time_line(const Findings& findings) {
  const Nanoseconds begin = findings.begin();
  const Nanoseconds end = findings.end();
  return fmt::format("{} to {} UTC, {}", format_date_time(begin), time_beside(end, begin, end),
                     format_duration(end - begin));
}

std::string key_figures(const Story& story) {
  std::string html;
  for (const KeyFigure& one : story.figures) {
    html += fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n",
                        html::escaped(one.label), html::escaped_sentence(one.value),
                        html::escaped_sentence(one.note));
  }
  return html::around("dl", html, "figures");
}

std::string chapter_html(const Chapter& chapter) {
  std::string html = html::element("h2", chapter.title);
  for (const std::string& sentence : chapter.sentences)
    html += html::around("p", html::escaped_sentence(sentence));
  if (!chapter.pasteable.empty()) {
    html += fmt::format("<pre tabindex=\"0\">{}</pre>\n", html::escaped_lines(chapter.pasteable));
  }
  return html::around("section", html);
}

std::string story_html(const Findings& findings) {
  const Story story = story_of(findings);
  std::string html =
      html::around("p", html::escaped_sentence(story.lead), "lead") + key_figures(story);
  std::string chapters;
  for (const Chapter& chapter : story.chapters) chapters += chapter_html(chapter);
  return html + html::around("div", chapters, "story");
}

std::string as_replay_html(const Findings& findings) {
  if (findings.as_replay.empty()) return {};
  return fmt::format(
      "<details><summary>The same in the words of <code>cgtally replay</code></summary>\n"
      "<pre tabindex=\"0\">{}</pre></details>\n",
      html::escaped_lines(findings.as_replay));
}

}  // namespace

std::string page_html(const Findings& findings) {
  const std::string title = title_of(findings);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n"
      "<title>{0}</title>\n<style>\n{1}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n"
      "<p>{2}</p>\n</header>\n<main>\n{3}<section class=\"plots\">\n<h2>Plots</h2>\n{4}</section>\n"
      "<section class=\"tables\">\n<h2>Tables</h2>\n{5}{6}</section>\n</main>\n"
      "<footer><p>Written by cgtally {7}. Times are UTC, rates are decimal bits per second; each "
      "step of a plot keeps the lowest and the highest of its intervals.</p></footer>\n"
      "</body>\n</html>\n",
      html::escaped(title), html::style_sheet(), html::escaped(time_line(findings)),
      story_html(findings), figures_html(findings), tables_html(findings), as_replay_html(findings),
      html::escaped(findings.version));
}

}  // namespace cgtally::report
