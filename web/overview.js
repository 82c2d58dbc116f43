// SPDX-License-Identifier: Apache-2.0
// What the page says at its top: the interfaces, the ledger, and what needs attention, the worst first.
import {creditLevel, spendersOf, timeToEmpty} from "./credits.js";
import {byId, element, reconcile, setAttribute, setText, show} from "./dom.js";
import {bytes, count, duration, known, percent, rate, roundRate} from "./format.js";

const SENT = {tx: "Sent", rx: "Received"};

function creditAlerts(snapshot) {
  const {credits} = snapshot;
  return ["tx", "rx"].filter((direction) => credits?.[direction]).flatMap((direction) => {
    const credit = credits[direction];
    const level = creditLevel(credit);
    if (level === "good") return [];
    const [first] = spendersOf(snapshot, direction);
    const who = first ? ` ${first.label} ${direction === "tx" ? "sends" : "receives"} ${percent(first.share)} of it.` : "";
    if (credit.state === "exhausted") {
      return [{level, text: `${SENT[direction]} traffic has used up its credits and is held to ${roundRate(credit.baseline_bits_per_second)}.${who}`}];
    }
    const sure = level === "bad" ? "will be empty" : "may be empty";
    return [{level, text: `The credits for ${SENT[direction].toLowerCase()} traffic ${sure} ${timeToEmpty(credit)}.${who}`}];
  });
}

function countAlerts({status, interfaces}) {
  const alerts = [];
  if (status.counting === false) alerts.push({level: "bad", text: "Nothing counts now: the totals stand still."});
  if (status.keeper && status.keeper.up === false) {
    alerts.push({level: "warn", text: "The ledger has no keeper: it counts on, but ended accounts fill its slots. cgtally up starts one."});
  }
  if (status.ledger?.overflow_bytes > 0) alerts.push({level: "warn", text: `${bytes(status.ledger.overflow_bytes)} found no slot and have no account.`});
  for (const one of interfaces) {
    if (known(one.coverage) && one.coverage < 0.95) {
      alerts.push({level: "warn", text: `Only ${percent(one.coverage)} of what ${one.iface} carries passes our hooks.`});
    }
  }
  return alerts;
}

// The figures in a sentence change each second: a sentence of the same kind is the same.
const kindOf = (alert) => `${alert.level} ${alert.text.replace(/[\d.,]+/g, "#").slice(0, 60)}`;
let told = new Set();

// Says what is new to a screen reader, once.
function announce(alerts) {
  const fresh = alerts.filter((one) => !told.has(kindOf(one)));
  told = new Set(alerts.map(kindOf));
  if (fresh.length > 0) setText(byId("announcer"), fresh.map((one) => one.text).join(" "));
}

export function drawAlerts(snapshot) {
  const alerts = [...creditAlerts(snapshot), ...countAlerts(snapshot)];
  for (const one of snapshot.credits?.allowances ?? []) {
    if (one.verdict !== "sustained") continue;
    alerts.push({level: "bad", text: `${one.allowance}: ${count(one.last_minute_packets)} packets over the allowance in the last minute. ${one.remedy ?? ""}`});
  }
  if (snapshot.status.replay?.over) alerts.push({level: "note", text: "The recording has ended: these are its last figures."});
  const order = {bad: 0, warn: 1, note: 2};
  alerts.sort((a, b) => order[a.level] - order[b.level]);
  announce(alerts);
  reconcile(byId("alerts"), alerts, kindOf,
    () => element("p", {class: "alert"}), (node, one) => {
      setAttribute(node, "data-level", one.level);
      setText(node, one.text);
    });
}

// The sentences that the program has said meanwhile, the latest first. Some are no longer so.
export function drawNotices(notices = []) {
  const latest = notices.map((text, i) => ({text, key: `${i} ${text}`})).reverse();
  show(byId("notices-card"), latest.length > 0);
  reconcile(byId("notices"), latest, (one) => one.key, (one) => element("li", {}, element("p", {class: "more"}, one.text)), () => {});
}

const SHOWN = 6; // interfaces

function way(arrow, words) {
  return element("p", {class: `way ${words}`}, element("span", {class: "arrow", "aria-hidden": "true"}, arrow),
    element("span", {class: "unseen"}, words), element("strong"), element("small"));
}

export function drawInterfaces(interfaces) {
  const busiest = [...interfaces].sort((a, b) => b.tx.bytes + b.rx.bytes - (a.tx.bytes + a.rx.bytes)).slice(0, SHOWN);
  busiest.sort((a, b) => (a.iface < b.iface ? -1 : 1));
  reconcile(byId("interfaces"), busiest, (one) => one.iface,
    (one) => element("li", {}, element("h2", {}, one.iface), way("↑", "sent"), way("↓", "received"), element("p", {class: "aside"})),
    (node, one) => {
      for (const [name, direction] of [["sent", "tx"], ["received", "rx"]]) {
        const line = node.querySelector(`.${name}`);
        setText(line.querySelector("strong"), rate(one[direction].bits_per_second));
        setText(line.querySelector("small"), `${count(one[direction].packets_per_second)} p/s`);
      }
      const named = known(one.tx.named) || known(one.rx.named) ? `named ${percent(one.tx.named)} sent, ${percent(one.rx.named)} received` : "";
      const seen = known(one.coverage) ? `${percent(one.coverage)} of the NIC's count seen` : "";
      setText(node.lastChild, [named, seen].filter(Boolean).join("  ·  "));
    });
  const beyond = interfaces.length - busiest.length;
  show(byId("interfaces-more"), beyond > 0);
  setText(byId("interfaces-more"), `and ${beyond} more, which have moved less`);
}

export function drawHead({status, time}) {
  const {host, ledger, kind, replay, cost, version} = status;
  setText(byId("host"), host ?? "");
  document.title = host ? `${host} · cgtally` : "cgtally";
  const since = ledger?.since ? `up ${duration((new Date(time) - new Date(ledger.since)) / 1000)}` : "";
  const slots = ledger?.slots ? `${count(ledger.slots_used)} of ${count(ledger.slots)} slots` : "";
  const what = kind === "replay" ? "a recording" : `${kind} ledger`;
  setText(byId("ledger"), [what, since, slots].filter(Boolean).join("  ·  "));
  const used = known(cost?.cpu_s) ? `serve has used ${duration(cost.cpu_s)} of CPU and ${bytes(cost.memory_bytes)}` : "";
  setText(byId("cost"), [version && `cgtally ${version}`, used, replay && `replay at ${replay.at}`].filter(Boolean).join("  ·  "));
}
