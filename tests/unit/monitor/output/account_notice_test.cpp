// SPDX-License-Identifier: Apache-2.0
// --account without any match is told once, with the accounts that are there.
#include "monitor/output/account_notice.h"

#include <gtest/gtest.h>

namespace cgtally::monitor {
namespace {

class AccountNoticeTest : public testing::Test {
 protected:
  AccountNoticeTest() {
    notices_.deliver_to([this](const std::string& notice) { said_.push_back(notice); });
  }
  void reading(AccountNotice& notice, const std::vector<std::string>& accounts) {
    for (const std::string& account : accounts) notice.see(account, {});
    notice.tell(notices_);
  }

  Notices notices_;
  std::vector<std::string> said_;
};

TEST_F(AccountNoticeTest, NamesTheAccountsOnceWhereNoneMatches) {
  AccountNotice notice("nosuch");
  reading(notice, {});
  reading(notice, {"(kernel)"});  // has a row without traffic, too
  EXPECT_EQ(said_, std::vector<std::string>{});
  reading(notice, {"(kernel)", "/system.slice/redis.service", "/", "/"});
  reading(notice, {"/a"});
  EXPECT_EQ(said_, std::vector<std::string>{"no account with traffic matches --account 'nosuch' "
                                            "yet; there are redis.service, /"});
}

TEST_F(AccountNoticeTest, IsSilentFromTheFirstMatchOnAndWithoutAPattern) {
  AccountNotice notice("redis*");
  reading(notice, {"/a", "/system.slice/redis.service"});
  reading(notice, {"/a"});
  AccountNotice all("");
  reading(all, {"/a"});
  EXPECT_EQ(said_, std::vector<std::string>{});
}

TEST_F(AccountNoticeTest, NamesFiveAtMost) {
  AccountNotice notice("nosuch");
  reading(notice, {"/a", "/b", "/c", "/d", "/e", "/f"});
  EXPECT_EQ(said_, std::vector<std::string>{"no account with traffic matches --account 'nosuch' "
                                            "yet; there are /a, /b, /c, /d, /e, ..."});
}

}  // namespace
}  // namespace cgtally::monitor
