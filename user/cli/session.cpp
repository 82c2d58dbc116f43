// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <algorithm>

#include "adapters/cgroupfs/mount.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"

namespace cgtally::cli {

Session::Session(bpf::Tally tally, bpf::CgroupEvents events, std::string cgroup_mount,
                 Places places)
    : tally_(std::move(tally)),
      events_(std::move(events)),
      cgroup_mount_(std::move(cgroup_mount)),
      places_(std::move(places)),
      ledger_(sys::random_id()),
      since_(sys::now()) {
  // Events are already collected: what is born or dies during the walk is told by them.
  names_.seed(cgroup_mount_);
  take_cgroup_events();
}

Session::~Session() {
  for (const auto& place : places_) {
    place->end(tally_);
  }
}

// What the user has asked for is checked first: a wrong name is told without any privilege.
Result<std::unique_ptr<Session>> Session::start(const SessionOptions& options) {
  auto places = open_places(options);
  if (!places) {
    return std::unexpected(places.error());
  }
  std::vector<std::string> notices;
  for (const auto& place : *places) {
    if (auto chosen = place->choose(options.interfaces, notices); !chosen) {
      return std::unexpected(chosen.error());
    }
  }
  auto mount = cgroupfs::cgroup2_mount(options.host_root);
  if (!mount) {
    return std::unexpected(mount.error());
  }
  if (cgroupfs::pods_in_cgroup_v1(options.host_root)) {
    notices.emplace_back(
        "containers live in cgroup v1: all of them are on '/'; "
        "boot with systemd.unified_cgroup_hierarchy=1 to tell them apart");
  }
  auto tally = bpf::Tally::create({.slots = options.slots});
  if (!tally) {
    return std::unexpected(tally.error());
  }
  auto events = bpf::CgroupEvents::open();
  if (!events) {
    return std::unexpected(events.error());
  }
  std::unique_ptr<Session> session(
      new Session(std::move(*tally), std::move(*events), std::move(*mount), std::move(*places)));
  session->notices_ = std::move(notices);
  if (auto attached = session->attach_first(); !attached) {
    return std::unexpected(attached.error());
  }
  return session;
}

Result<Session::Places> Session::open_places(const SessionOptions& options) {
  std::vector<std::string> wanted = options.netns;
  if (wanted.empty()) {
    wanted.emplace_back();
  }
  Places places;
  std::vector<Link> all;
  for (const std::string& netns : wanted) {
    auto place = Place::open(netns, options.host_root);
    if (!place) {
      return std::unexpected(place.error());
    }
    auto links = place->links();
    if (!links) {
      return std::unexpected(links.error());
    }
    all.insert(all.end(), links->begin(), links->end());
    places.push_back(std::make_unique<Place>(std::move(*place)));
  }
  // In one of the netns is enough: the same command line serves all of them.
  const auto missing = missing_names({options.interfaces}, all);
  if (!missing.empty()) {
    return std::unexpected(unknown_interface(missing.front(), all));
  }
  return places;
}

Result<void> Session::attach_first() {
  for (const auto& place : places_) {
    if (auto begun = place->begin(tally_); !begun) {
      return begun;
    }
  }
  for (const auto& place : places_) {
    name_attachments(*place);
  }
  if (interface_names_.empty()) {
    notices_.push_back("no interface matches yet: waiting for one to come");
  }
  return {};
}

// A plain name, unless another netns has an interface of that name: then NAME@NETNS.
void Session::name_attachments(const Place& place) {
  const auto elsewhere = [&](const std::string& name) {
    return std::ranges::any_of(places_, [&](const auto& other) {
      return other.get() != &place && std::ranges::any_of(other->attached(), [&](const auto& item) {
               return item.second.name == name;
             });
    });
  };
  for (const auto& [key, link] : place.attached()) {
    const bool plain = place.label().empty() || !elsewhere(link.name);
    interface_names_.try_emplace(key, plain ? link.name : link.name + "@" + place.label());
  }
}

Result<void> Session::offer_to(sys::Poller& poller) {
  poller_ = &poller;
  for (const auto& place : places_) {
    auto added = poller.add(place->fd(), [this, at = place.get()] {
      if (at->follow(tally_, notices_)) {
        name_attachments(*at);
      }
    });
    if (!added) {
      return added;
    }
  }
  return poller.add(events_.fd(), [this] { take_cgroup_events(); });
}

void Session::take_cgroup_events() {
  events_.drain([this](const bpf::CgroupEvent& event) {
    if (event.type == bpf::CgroupEvent::Type::made) {
      names_.made(event.cgroup_id, std::string(event.path));
    } else {
      names_.removed(event.cgroup_id);
    }
  });
  // Lost events are made good by another look at the tree: it finds the living and the missing.
  if (const std::uint64_t lost = events_.lost(); lost != lost_events_) {
    lost_events_ = lost;
    names_.seed(cgroup_mount_);
  }
}

void Session::let_go_of_ended_netns() {
  for (const auto& place : places_) {
    if (place->fd() < 0 || place->still_named()) {
      continue;
    }
    if (poller_) {
      (void)poller_->remove(place->fd());
    }
    place->end(tally_);
    notices_.push_back("netns " + place->label() + " has gone: its totals stay");
  }
}

// Two clock reads for each packet are the price of measuring, so it is done now and then, until
// enough packets have come.
void Session::sample_cost() {
  constexpr std::uint64_t kEvery = 30;
  constexpr std::uint64_t kEnough = 10'000;
  if (!runs_before_ && readings_ % kEvery == 0) {
    runs_before_ = tally_.cost().runs;
    tally_.measure_cost(true);
  } else if (runs_before_ && tally_.cost().runs >= *runs_before_ + kEnough) {
    runs_before_.reset();
    tally_.measure_cost(false);
  }
  ++readings_;
}

Reading Session::read() {
  take_cgroup_events();
  let_go_of_ended_netns();
  sample_cost();
  std::vector<InterfaceKey> attached;
  for (const auto& place : places_) {
    for (const auto& [key, link] : place->attached()) {
      attached.push_back(key);
    }
  }
  Reading reading;
  reading.taken = sys::now();
  reading.accounts = tally_.read();
  first_read_ = first_read_.value_or(reading.taken.boot);
  last_read_ = reading.taken.boot;
  reading.ledger = ledger_;
  reading.attached = std::move(attached);
  return reading;
}

std::string Session::interface_name(InterfaceKey key) const {
  const auto found = interface_names_.find(key);
  return found == interface_names_.end() ? "#" + std::to_string(key.value) : found->second;
}

std::string Session::counted() const {
  std::map<std::string, std::string> by_hook;
  for (const bpf::Attachment& attachment : tally_.attachments()) {
    std::string& names = by_hook[attachment.hook == bpf::HookKind::tcx ? "tcx" : "clsact"];
    names += (names.empty() ? "" : ", ") + interface_name(attachment.key);
  }
  std::string text;
  for (const auto& [hook, names] : by_hook) {
    text += (text.empty() ? "" : "; ") + names + " (" + hook + ")";
  }
  return text.empty() ? "nothing yet" : text;
}

LedgerStatus Session::status() const {
  const bpf::SlotUse slots = tally_.slots();
  return {.since = since_, .slots_used = slots.used, .slots_total = slots.total};
}

RunCost Session::cost() const {
  const bpf::ProgramCost cost = tally_.cost();
  const bpf::SlotUse slots = tally_.slots();
  return {.duration = last_read_ - first_read_.value_or(last_read_),
          .program_runs = cost.runs,
          .program_time = cost.time,
          .slots_used = slots.used,
          .slots_total = slots.total,
          .ledger_bytes = tally_.ledger_bytes()};
}

}  // namespace cgtally::cli
