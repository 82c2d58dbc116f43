// SPDX-License-Identifier: Apache-2.0
// The two lists of what has happened: bursts with who caused them, and containers as they begin and end with what still
// came afterwards. Both are newest first and are added to as events come.
import {byId, element, reconcile, setAttribute, setText, show} from "./dom.js";
import {bytes, clock, count, duration, known, percent, rate} from "./format.js";

const KEPT = 200;
const SHOWN = 40;
const WORDS = {tx: "sent", rx: "received"};

// The ids of a server begin again when it is started again, so what is known is known by its time as well.
class Events {
  constructor(timeOf) {
    this.timeOf = timeOf;
    this.byKey = new Map();
  }

  keyOf(event) {
    return `${this.timeOf(event)} ${event.id}`;
  }

  add(events) {
    if (events.length === 0) return;
    for (const event of events) this.byKey.set(this.keyOf(event), event);
    this.sorted = [...this.byKey.values()].sort((a, b) => {
      const [x, y] = [this.timeOf(a), this.timeOf(b)];
      return x === y ? b.id - a.id : x < y ? 1 : -1;
    });
    for (const event of this.sorted.splice(KEPT)) this.byKey.delete(this.keyOf(event));
  }

  all() {
    return this.sorted ?? [];
  }

  latest(most) {
    return this.all().slice(0, most);
  }
}

const line = (name, tag = "p") => element(tag, {class: name});

function make() {
  return element("li", {}, element("div", {class: "first"}, line("at", "time"), line("name", "span"), line("badge", "span")), line("more"), line("lost"));
}

function fill(node, event) {
  const set = (name, text) => {
    const part = node.querySelector(`.${name}`);
    setText(part, text);
    show(part, text !== "");
  };
  setText(node.querySelector(".at"), event.at);
  setAttribute(node.querySelector(".at"), "datetime", event.iso);
  set("name", event.name);
  setAttribute(node.querySelector(".name"), "title", event.name);
  set("badge", event.badge);
  setAttribute(node, "data-level", event.level);
  set("more", event.more);
  set("lost", event.lost ?? "");
}

// Of snapshots that only tell what is new: all that is known.
export class BurstList {
  constructor() {
    this.events = new Events((burst) => burst.start);
  }

  update(bursts) {
    if (bursts) this.events.add(bursts.recent);
    this.bursts = bursts;
  }

  // What makes a burst, as the latest one tells it.
  threshold() {
    return this.events.latest(1)[0]?.threshold_bits_per_second ?? null;
  }

  item(burst) {
    const counted = burst.exceeded_packets ? `  ·  ${count(burst.exceeded_packets)} packets over the allowance` : "";
    return {
      key: burst.under_way ? `now ${burst.iface} ${burst.direction} ${burst.start}` : this.events.keyOf(burst),
      iso: burst.start,
      at: clock(burst.start, 3),
      name: burst.label || burst.account || "account not known",
      badge: burst.under_way ? "under way" : burst.cause === "unknown" ? "" : burst.cause,
      level: burst.cause === "exhausted" || burst.cause === "ceiling" ? "warn" : null,
      more: `${burst.iface} ${WORDS[burst.direction]}  ·  ${bytes(burst.bytes)} in ${duration(burst.duration_s)}` +
        `${known(burst.peak_bits_per_second) ? `  ·  peak ${rate(burst.peak_bits_per_second)}` : ""}` +
        `${known(burst.share) ? `  ·  ${percent(burst.share)} of it` : ""}${counted}`,
    };
  }

  draw() {
    const {bursts} = this;
    const going = (bursts?.under_way ?? []).map((burst) => this.item({...burst, under_way: true}));
    const items = [...going, ...this.events.latest(SHOWN).map((burst) => this.item(burst))];
    reconcile(byId("bursts"), items, (one) => one.key, make, fill);
    const missed = bursts?.missed_windows ? `  ·  ${count(bursts.missed_windows)} windows missed` : "";
    const verdict = bursts?.verdict && !["none", "quiet"].includes(bursts.verdict) ? `  ·  ${bursts.verdict}` : "";
    setText(byId("bursts-note"), bursts ? `${count(bursts.last_minute)} in the last minute${verdict}${missed}` : "");
    show(byId("bursts-empty"), items.length === 0);
    setText(byId("bursts-empty"), bursts ? "No burst so far." : "No windows of a millisecond are kept here, so bursts are not seen.");
  }
}

function lateWords(life) {
  const words = [];
  if (life.refused_connections) words.push(`${count(life.refused_connections)} connections refused in the pod`);
  if (life.late_packets) words.push(`${count(life.late_packets)} late packets (${bytes(life.late_payload_bytes ?? 0)} of payload, ${count(life.late_connections ?? 0)} new connections)`);
  if (words.length && known(life.tail_s) && life.tail_s > 0) words.push(`until ${duration(life.tail_s)} after the end`);
  return words.join(", ");
}

export class LifeList {
  constructor() {
    this.events = new Events((life) => life.at);
  }

  update(lives) {
    this.lives = lives;
    if (lives) this.events.add(lives);
  }

  item(life) {
    const ended = life.event === "ended";
    return {
      key: this.events.keyOf(life),
      iso: life.at,
      at: clock(life.at),
      name: life.name || life.label || life.account,
      badge: life.event,
      level: life.lossy ? "bad" : ended ? "ended" : "good",
      more: ended ? `lived ${duration(life.lived_s)}  ·  received ${bytes(life.rx_bytes)}  ·  sent ${bytes(life.tx_bytes)}` : "",
      lost: ended ? lateWords(life) : "",
    };
  }

  draw() {
    const latest = this.events.latest(SHOWN);
    reconcile(byId("lives"), latest.map((life) => this.item(life)), (one) => one.key, make, fill);
    const lossy = this.events.all().filter((life) => life.lossy).length;
    setText(byId("lives-note"), lossy ? `${lossy} ended with a loss` : "");
    show(byId("lives-empty"), latest.length === 0);
    setText(byId("lives-empty"), this.lives ? "No container has begun or ended so far." : "Only the pinned ledger tells these: cgtally up.");
  }
}
