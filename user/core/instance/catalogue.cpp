// SPDX-License-Identifier: Apache-2.0
// Types by name, likely corrections of an unknown name, and the prior for a bucket whose size is
// not published.
#include "core/instance/catalogue.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/base/edit_distance.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

// Headers below IP may or may not be charged: after the bucket was empty, the goodput was 1.000 to
// 1.004 of the documented baseline with jumbo frames, and the wire carried about 1 % more.
constexpr double kBaselineTolerance = 0.02;

std::string_view size_of(std::string_view name) {
  const std::size_t point = name.rfind('.');
  return point == std::string_view::npos ? std::string_view{} : name.substr(point + 1);
}

// The capacity in seconds of baseline. Sizes below large, and names without a size, are taken as
// large; sizes above 4xlarge as 4xlarge.
double refill_seconds(std::string_view size) {
  constexpr std::array kLargeOrLess{"", "nano", "micro", "small", "medium", "large"};
  if (std::ranges::find(kLargeOrLess, size) != kLargeOrLess.end()) return 3320;
  if (size == "xlarge") return 3557;
  if (size == "2xlarge" || size == "3xlarge") return 3029;
  return 2151;
}

// Families that kept up more than their baseline for half an hour at every rate that was tried:
// m5n, m8i and m8g (I. Vari, 2026). The result of the two m8 families is taken for their
// generation.
bool never_seen_empty(std::string_view name) {
  const std::string_view family = family_of(ec2_name_of(name));
  return family == "m5n" || family == "m5dn" || generation_of(name) >= 8;
}

// The likeness of a candidate to the typed name; the smallest is the likeliest.
struct Likeness {
  std::size_t rank;
  bool other_family;
  std::size_t distance;
  BitRate baseline;
  auto operator<=>(const Likeness&) const = default;
};

std::optional<Likeness> likeness(const InstanceType& type, const std::string& typed) {
  constexpr std::size_t kFarthest = 2;
  const auto distance = edit_distance(typed, type.name, kFarthest);
  const bool family = family_of(type.name) == family_of(typed);
  const std::size_t letters = distance.value_or(kFarthest + 1);
  std::size_t rank = 3;
  if (letters <= 1 || ec2_name_of(type.name) == ec2_name_of(typed)) {
    rank = 0;
  } else if (!typed.empty() && type.name.starts_with(typed)) {
    rank = 1;
  } else if (distance) {
    rank = 2;
  } else if (!family) {
    return std::nullopt;
  }
  return Likeness{
      .rank = rank, .other_family = !family, .distance = letters, .baseline = type.baseline};
}

}  // namespace

void Catalogue::add(InstanceType type) {
  const auto at = std::ranges::lower_bound(types_, type.name, {}, &InstanceType::name);
  if (at != types_.end() && at->name == type.name) {
    *at = std::move(type);
  } else {
    types_.insert(at, std::move(type));
  }
}

const InstanceType* Catalogue::find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(types_, name, {}, &InstanceType::name);
  return at != types_.end() && at->name == name ? &*at : nullptr;
}

std::optional<InstanceType> Catalogue::assumed(std::string_view name) const {
  const std::string_view ec2 = ec2_name_of(name);
  // The table has all of ElastiCache: what it lacks of that is no type.
  if (ec2 == name || name.starts_with("cache.")) return std::nullopt;
  const InstanceType* own = find(ec2);
  if (own == nullptr) return std::nullopt;
  InstanceType type = *own;
  type.assumed_of = std::exchange(type.name, std::string(name));
  return type;
}

std::vector<std::string> Catalogue::near(std::string_view name, std::size_t most) const {
  const std::string typed = lower(name);
  std::vector<std::pair<Likeness, std::string>> found;
  for (const InstanceType& type : types_) {
    if (const auto like = likeness(type, typed)) found.emplace_back(*like, type.name);
  }
  std::ranges::sort(found);
  if (found.size() > most) found.resize(most);
  std::vector<std::string> names;
  for (auto& [like, candidate] : found) names.push_back(std::move(candidate));
  return names;
}

const InstanceType* Catalogue::larger(const InstanceType& than, BitRate baseline) const {
  const auto key = [](const InstanceType& type) {
    return std::tie(type.baseline, type.vcpus, type.name);
  };
  const InstanceType* best = nullptr;
  for (const InstanceType& type : types_) {
    const bool fits = family_of(type.name) == family_of(than.name) && type.baseline >= baseline &&
                      type.baseline > than.baseline;
    if (fits && (best == nullptr || key(type) < key(*best))) best = &type;
  }
  return best;
}

std::string_view ec2_name_of(std::string_view name) {
  for (const std::string_view service : {"cache.", "db.", "kafka."}) {
    if (name.starts_with(service)) return name.substr(service.size());
  }
  for (const std::string_view service : {".search", ".elasticsearch"}) {
    if (name.ends_with(service)) return name.substr(0, name.size() - service.size());
  }
  return name;
}

BitRate internet_limit(const InstanceType& type) {
  constexpr BitRate kSmall{5'000'000'000};
  constexpr std::uint32_t kLargeVcpus = 32;
  if (type.vcpus < kLargeVcpus) return kSmall;
  return std::max(kSmall, BitRate{type.burst.bits_per_second / 2});
}

std::string_view family_of(std::string_view name) { return name.substr(0, name.rfind('.')); }

unsigned generation_of(std::string_view name) {
  const std::string_view family = family_of(ec2_name_of(name));
  unsigned generation = 0;
  for (std::size_t i = family.find_first_of("0123456789");
       i < family.size() && family[i] >= '0' && family[i] <= '9'; ++i) {
    generation = generation * 10 + static_cast<unsigned>(family[i] - '0');
    if (generation > 99) return 0;
  }
  return generation;
}

ByteRange prior_capacity(const InstanceType& type) {
  if (type.burst <= type.baseline) return {.lo = 0, .hi = 0};
  const double baseline = static_cast<double>(type.baseline.bits_per_second) / 8;
  const double burst = static_cast<double>(type.burst.bits_per_second) / 8;
  const double middle = baseline * refill_seconds(size_of(ec2_name_of(type.name)));
  if (never_seen_empty(type.name)) return {.lo = middle / 2, .hi = ByteRange::kUnbounded};
  // AWS says that a burst typically lasts at least 5 minutes. For the smallest types that is far
  // more than the measured times of their baseline, so the prior must not rule it out.
  constexpr double kDocumentedLeast = 300;
  return {.lo = middle / 2, .hi = std::max(2 * middle, (burst - baseline) * kDocumentedLeast)};
}

CreditTerms terms_of(const InstanceType& type) {
  return {.baseline = type.baseline,
          .burst = type.burst,
          .capacity = prior_capacity(type),
          .capacity_basis = Basis::prior,
          .baseline_tolerance = kBaselineTolerance};
}

}  // namespace cgtally
