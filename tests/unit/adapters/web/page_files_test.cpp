// SPDX-License-Identifier: Apache-2.0
#include "adapters/web/page_files.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "adapters/web/embedded_files.h"

namespace cgtally::web {
namespace {

std::set<std::string> matches(std::string_view text, const char* pattern) {
  const std::string owned(text);
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(owned.begin(), owned.end(), regex), end; it != end; ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

TEST(PageFiles, ThePageIsAtTheRootAndItsFilesBelowAssets) {
  const PageFile* page = find_page_file("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->type, "text/html; charset=utf-8");
  EXPECT_TRUE(page->content.starts_with("<!doctype html>"));
  const PageFile* script = find_page_file("/assets/app.js");
  ASSERT_NE(script, nullptr);
  EXPECT_EQ(script->type, "text/javascript; charset=utf-8");
}

TEST(PageFiles, WhatIsNoFileOfThePageIsNotFound) {
  for (const auto* path :
       {"", "/index.html", "/assets/", "/assets/../app.js", "/assets/app.js?", "/etc/passwd"}) {
    EXPECT_EQ(find_page_file(path), nullptr) << path;
  }
}

TEST(PageFiles, EachFileThatThePageRefersToIsThere) {
  for (const auto& name :
       matches(find_page_file("/")->content, R"re((?:src|href)="(assets/[^"]+)")re")) {
    EXPECT_NE(find_page_file("/" + name), nullptr) << name;
  }
  for (const PageFile& file : embedded_files()) {
    if (file.type != "text/javascript; charset=utf-8" || file.path.contains("dygraph")) continue;
    for (const auto& name : matches(file.content, R"re(from "\./([^"]+)")re")) {
      EXPECT_NE(find_page_file("/assets/" + name), nullptr) << file.path << " imports " << name;
    }
  }
}

// Names of accounts are put on the page as text alone, and nothing is asked of another host.
TEST(PageFiles, OurOwnFilesHaveNoMarkupFromTextAndNoOtherHost) {
  for (const PageFile& file : embedded_files()) {
    if (file.path.contains("dygraph") || file.path.ends_with(".txt")) continue;
    for (const auto* forbidden :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://"}) {
      EXPECT_FALSE(file.content.contains(forbidden)) << file.path << " has " << forbidden;
    }
  }
}

TEST(PageFiles, NothingAsksForASourceMapThatIsNotThere) {
  for (const PageFile& file : embedded_files()) {
    EXPECT_FALSE(file.content.contains("sourceMappingURL")) << file.path;
  }
}

}  // namespace
}  // namespace cgtally::web
