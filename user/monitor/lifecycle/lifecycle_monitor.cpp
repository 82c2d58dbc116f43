// SPDX-License-Identifier: Apache-2.0
#include "monitor/lifecycle/lifecycle_monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "core/containers/cgroup_identity.h"
#include "core/lifecycle/names.h"
#include "core/lifecycle/pod.h"
#include "core/totals/retired_accounts.h"

namespace cgtally::monitor {
namespace {

using lifecycle::container_lives;
using lifecycle::ContainerLife;
using lifecycle::end_of_life;
using lifecycle::Event;
using lifecycle::Happening;
using lifecycle::late_of;
using lifecycle::Row;
using lifecycle::watch_of;

constexpr std::size_t kMostNamesKept = 65'536;
constexpr std::size_t kDeepestCgroup = 64;

bool same_pod(const ContainerName& a, const ContainerName& b) {
  return !a.pod.empty() && a.pod == b.pod && a.k8s_namespace == b.k8s_namespace;
}

bool has_traffic(const Row& row) {
  return (row.totals && !row.totals->empty()) || row.late.packets.value > 0;
}

}  // namespace

Result<std::unique_ptr<LifecycleMonitor>> LifecycleMonitor::start(const LifecycleOptions& options,
                                                                  Notices& notices) {
  const auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) return std::unexpected(pins.error());
  if (!pins->exist()) {
    return std::unexpected(
        Error{.what = fmt::format("no ledger is up at {}", pins->directory()),
              .hint = "pin one, whose keeper watches the ends of containers: cgtally up"});
  }
  auto view = bpf::LedgerView::open(options.bpffs);
  if (!view) return std::unexpected(std::move(view).error());
  if (auto sound = view->check_lives(); !sound) return std::unexpected(std::move(sound).error());
  return std::unique_ptr<LifecycleMonitor>(
      new LifecycleMonitor(*std::move(view), options, notices));
}

LifecycleMonitor::LifecycleMonitor(bpf::LedgerView view, const LifecycleOptions& options,
                                   Notices& notices)
    : view_(std::move(view)),
      options_(options),
      notices_(notices),
      names_(view_, options.host_root),
      host_(sys::host_name()) {}

std::string LifecycleMonitor::describe() const {
  std::size_t alive = 0;
  for (const ContainerLife& one : containers_) alive += end_of_life(one.life) ? 0U : 1U;
  return fmt::format(
      "{} {} in the pinned ledger", alive,
      options_.by == Grouping::unit ? "containers and units live" : "containers live");
}

Result<void> LifecycleMonitor::follow_changes(sys::Poller& poller,
                                              std::function<void()> on_change) {
  auto events = bpf::CgroupEvents::open();
  if (!events) return std::unexpected(std::move(events).error());
  events_.emplace(*std::move(events));
  return poller.add(events_->fd(), [this, on_change = std::move(on_change)] {
    bool any = false;
    events_->drain([&any](const bpf::CgroupEvent& event) {
      any = any || event.type == bpf::CgroupEvent::Type::begun ||
            event.type == bpf::CgroupEvent::Type::ended;
    });
    if (any) on_change();
  });
}

// Once a container has its name, or can have none, it is not asked for again.
const lifecycle::LifeName& LifecycleMonitor::life_name(std::uint64_t cgroup_id) {
  if (known_.size() >= kMostNamesKept) known_.clear();
  lifecycle::LifeName& name = known_[cgroup_id];
  const bool settled =
      !name.path.empty() && (!name.shown.owner.empty() || !may_have_container_name(name.path));
  if (settled) return name;
  const std::string* path = names_.path_of(cgroup_id);
  if (path == nullptr) return name;
  name.path = *path;
  name.shown = names_.name_of({.kind = AccountKind::cgroup, .cgroup_id = cgroup_id});
  name.parent_id = names_.parent_of(cgroup_id).value_or(0);
  return name;
}

std::vector<ContainerLife> LifecycleMonitor::read_lives() {
  const auto lives = view_.lives().read();
  if (!lives) {
    notices_.report(lives.error().what);
    return containers_;
  }
  return container_lives(*lives, [this](std::uint64_t id) { return life_name(id); }, options_.by);
}

// A ledger that is being made is not down.
void LifecycleMonitor::check_ledger() {
  const bpf::LedgerState state = view_.state();
  const bool up = state == bpf::LedgerState::up || state == bpf::LedgerState::making;
  if (up == up_) return;
  up_ = up;
  if (up) {
    notices_.report("the ledger is up again: ends in between were not seen");
  } else if (state == bpf::LedgerState::down) {
    notices_.report("the ledger is down: no begin or end is seen until cgtally up");
  } else {
    notices_.report("the ledger has gone: start again after cgtally up");
  }
}

std::vector<Row> LifecycleMonitor::tick() {
  check_ledger();
  const Nanoseconds now = sys::now().boot;
  if (!told_from_) told_from_ = now - options_.since;
  containers_ = read_lives();
  std::map<std::uint64_t, Nanoseconds> ends;
  for (const ContainerLife& one : containers_) {
    if (const auto end = end_of_life(one.life)) ends.emplace(one.life.cgroup_id, *end);
  }
  const bpf::Aftermaths aftermaths = view_.aftermaths();
  return rows_of(watch_.update(
      containers_, [&](std::uint64_t id) { return watch_of(aftermaths.find(id), ends[id]); }, now));
}

std::vector<Row> LifecycleMonitor::finish() { return rows_of(watch_.finish()); }

std::vector<Row> LifecycleMonitor::rows_of(const std::vector<Happening>& happenings) {
  std::vector<Row> rows;
  if (happenings.empty()) return rows;
  const bool units = options_.by == Grouping::unit;
  if (units || std::ranges::any_of(
                   happenings, [](const Happening& one) { return one.event == Event::ended; })) {
    read_totals();
  }
  const Moment now = sys::now();
  for (const Happening& one : happenings) {
    Row row = row_of(one, now);
    if (!account_passes(options_.account, row.account, row.owner)) continue;
    // Many units never send anything.
    const bool quiet_unit = one.container.unit && !has_traffic(row) && one.event == Event::ended;
    if (one.event == Event::ended) row.ends = history_.add(row);
    if (one.at >= *told_from_ && !quiet_unit) rows.push_back(std::move(row));
  }
  return rows;
}

Row LifecycleMonitor::row_of(const Happening& happening, Moment now) {
  const ContainerLife& container = happening.container;
  Row row;
  row.at = {.boot = happening.at, .wall = now.wall - (now.boot - happening.at)};
  row.host = host_;
  row.ledger = view_.id();
  row.event = happening.event;
  row.cgroup_id = container.life.cgroup_id;
  // The name may have become known only after the begin.
  const AccountName& name = life_name(row.cgroup_id).shown;
  row.account = name.path.empty() ? container.name.path : name.path;
  row.owner = name.owner.empty() ? container.name.owner : name.owner;
  row.name = lifecycle::name_of_ends(options_.by, row.account, row.owner);
  if (happening.event == Event::ended) add_end(row, happening);
  return row;
}

void LifecycleMonitor::add_end(Row& row, const Happening& happening) {
  const CgroupLife& life = happening.container.life;
  if (life.begun) row.lived = happening.at - *life.begun;
  row.totals = totals_of(happening.container);
  row.late = late_of(life);
  row.extent = happening.extent;
  const auto aftermath = view_.aftermaths().find(life.cgroup_id);
  if (aftermath && lifecycle::is_of_end(*aftermath, happening.at)) {
    row.pod = lifecycle::inside_pod(*aftermath, siblings_of(happening.container, happening.at));
  }
}

// The other containers of the pod that were alive at that time.
std::string LifecycleMonitor::siblings_of(const ContainerLife& ended, Nanoseconds at) {
  const ContainerName& own = life_name(ended.life.cgroup_id).shown.owner;
  std::set<std::string> names;
  for (const ContainerLife& one : containers_) {
    if (one.life.cgroup_id == ended.life.cgroup_id) continue;
    const auto end = end_of_life(one.life);
    const ContainerName& other = life_name(one.life.cgroup_id).shown.owner;
    const bool alive = (!end || *end > at) && (!one.life.begun || *one.life.begun < at);
    if (alive && same_pod(own, other) && other.container != "POD") names.insert(other.container);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void LifecycleMonitor::read_totals() {
  const auto reading = view_.read_with_all_final_totals();
  if (!reading) return;
  std::set<InterfaceKey> interfaces;
  for (const bpf::InterfaceRecord& record : view_.interfaces()) interfaces.insert(record.key);
  totals_.clear();
  for (const LifetimeTotals& one : lifetime_totals(
           reading->accounts, reading->final_totals, interfaces, [](std::uint64_t) { return true; },
           FoldedTotals::give_back)) {
    if (one.account.kind == AccountKind::cgroup) totals_[one.account.cgroup_id] += one.totals;
  }
}

bool LifecycleMonitor::is_below(std::uint64_t cgroup_id, std::uint64_t above) {
  for (std::size_t depth = 0; cgroup_id != 0 && depth < kDeepestCgroup; ++depth) {
    if (cgroup_id == above) return true;
    cgroup_id = life_name(cgroup_id).parent_id;
  }
  return false;
}

std::optional<Traffic> LifecycleMonitor::totals_of(const ContainerLife& container) {
  Traffic sum;
  for (const auto& [cgroup_id, totals] : totals_) {
    if (is_below(cgroup_id, container.life.cgroup_id)) sum += totals;
  }
  return sum;
}

}  // namespace cgtally::monitor
