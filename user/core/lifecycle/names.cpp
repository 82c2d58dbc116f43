// SPDX-License-Identifier: Apache-2.0
// Kubernetes draws random parts of names from 27 letters and digits without vowels, so that no word
// comes of them; that tells them from what people write.
#include "core/lifecycle/names.h"

#include <algorithm>
#include <optional>

#include "core/base/text.h"
#include "core/containers/account_label.h"

namespace cgtally::lifecycle {
namespace {

constexpr std::string_view kRandom = "bcdfghjklmnpqrstvwxz2456789";

// The text before its last part, if that is after a '-' and `good` says so.
template <typename Good>
std::optional<std::string_view> without_last_part(std::string_view text, const Good& good) {
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  if (!good(text.substr(dash + 1))) return std::nullopt;
  return text.substr(0, dash);
}

bool is_random(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kRandom.contains(c); });
}
bool is_pod_part(std::string_view text) { return text.size() == 5 && is_random(text); }
// A hash in decimal digits, encoded with the same letters.
bool is_template_hash(std::string_view text) {
  return 8 <= text.size() && text.size() <= 10 && is_random(text) &&
         std::ranges::any_of(text, is_digit);
}
bool is_ordinal(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

}  // namespace

std::string workload_of(std::string_view pod) {
  if (const auto set = without_last_part(pod, is_pod_part)) {
    return std::string(without_last_part(*set, is_template_hash).value_or(*set));
  }
  return std::string(without_last_part(pod, is_ordinal).value_or(pod));
}

std::string name_of_ends(Grouping by, std::string_view account, const ContainerName& owner) {
  if (by == Grouping::cgroup) {
    if (owner.pod.empty()) return account_label(account, owner);
    std::string name = owner.k8s_namespace.empty() ? "" : owner.k8s_namespace.str() + "/";
    name += workload_of(owner.pod);
    return owner.container.empty() ? name : name + "/" + owner.container.str();
  }
  if (const auto group = group_of(by, account, owner)) return account_label(group->account, {});
  return account_label(account, owner);
}

}  // namespace cgtally::lifecycle
