// SPDX-License-Identifier: Apache-2.0
// The words that the lines and the screen of `live` share: the headline, an interface's rates and
// shares, what an account's figures are called.
#pragma once

#include <string>
#include <vector>

#include "core/live/report.h"

namespace cgtally {

[[nodiscard]] std::string headline(const Report& report);
// "rx 1.2 Mbit/s 123 p/s  tx 9.9 Mbit/s 1 234 p/s"
[[nodiscard]] std::string both_rates(const Rates& rates);
// The same after the interface's name.
[[nodiscard]] std::string interface_rates(const InterfaceLine& line);
// "named rx 98.5 % tx 99.7 %  NIC seen 100 %"
[[nodiscard]] std::string interface_shares(const InterfaceLine& line);
// "pods rx 90 % tx 91 %  host rx 9 % tx 8 %  unnamed rx <1 % tx 1 %".
[[nodiscard]] std::string owner_words(const OwnerShares& owners);
// " exited 4s", or nothing.
[[nodiscard]] std::string exit_mark(const AccountLine& line);
// "-" if it is not known.
[[nodiscard]] std::string connections_words(const AccountLine& line);
[[nodiscard]] std::string delay_words(const AccountLine& line);
// The accounts' names, each cut to its width. Different accounts have different names, also if one
// name is that of two.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<AccountLine>& lines,
                                                const std::vector<std::size_t>& widths);

}  // namespace cgtally
