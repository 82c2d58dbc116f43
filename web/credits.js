// SPDX-License-Identifier: Apache-2.0
// The network credits of both directions: what is surely left, what is possibly left, and when it ends. A balance is an
// interval, and is drawn as one.
import {byId, element, reconcile, setAttribute, setText, show} from "./dom.js";
import {bytes, count, duration, interval, known, percent, rate, roundRate} from "./format.js";

const NAMES = {tx: "Sent", rx: "Received"};
export const SOON_S = 600; // as `credits --warn` has it

// "bad": empty, or surely soon; "warn": possibly soon; "good" otherwise.
export function creditLevel(credit) {
  if (credit.state === "exhausted") return "bad";
  if (known(credit.time_to_empty_hi_s) && credit.time_to_empty_hi_s < SOON_S) return "bad";
  if (known(credit.time_to_empty_lo_s) && credit.time_to_empty_lo_s < SOON_S && credit.state !== "unknown") return "warn";
  return "good";
}

export function timeToEmpty(credit) {
  const [lo, hi] = [credit.time_to_empty_lo_s, credit.time_to_empty_hi_s];
  if (!known(hi)) return `in ${duration(lo)} at the earliest, perhaps never`;
  return duration(lo) === duration(hi) ? `in ${duration(lo)}` : `in ${duration(lo)} to ${duration(hi)}`;
}

function headline(credit) {
  switch (credit.state) {
    case "none":
      return ["No credits", "this type has its full rate at all times"];
    case "exhausted":
      return ["Exhausted", `held to ${roundRate(credit.baseline_bits_per_second)}`];
    case "full":
      return ["Full", "not draining"];
    case "earning":
      return ["Earning", "not draining"];
    default:
  }
  if (known(credit.time_to_empty_lo_s)) return [`Empty ${timeToEmpty(credit)}`, "at the present rate"];
  if (credit.state === "draining") return ["Draining", ""];
  return ["Unknown", known(credit.known_after_s) ? `known after ${duration(credit.known_after_s)} of rest` : "nothing says how much is left"];
}

function balance(credit) {
  if (credit.state === "none") return "";
  if (credit.state === "exhausted" && !known(credit.balance_hi_bytes)) return "nothing left, as it seems";
  const left = interval(credit.balance_lo_bytes, credit.balance_hi_bytes, bytes);
  const of = interval(credit.capacity_lo_bytes, credit.capacity_hi_bytes, bytes);
  return `${left} left of ${of} (${credit.basis})`;
}

function make(direction) {
  const part = (name, tag = "p", ...children) => element(tag, {class: name}, ...children);
  return element(
    "article",
    {class: "credit", "aria-label": NAMES[direction]},
    element("div", {class: "head"}, part("direction", "h3", NAMES[direction]), part("badge", "span"), part("now")),
    element("p", {class: "headline"}, part("when", "strong"), part("because", "span")),
    element(
      "div",
      {class: "gauge", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `Credits left, ${NAMES[direction].toLowerCase()}`},
      part("sure", "span"),
      part("maybe", "span"),
    ),
    element("div", {class: "two"}, part("balance"), part("terms")),
    part("who"),
    element("details", {class: "why"}, element("summary", {}, "Why"), element("ul")),
  );
}

// What may be missing from a bucket that counts as full is too little to draw, and so is what may be in one that is held
// to its baseline.
function shares(credit) {
  if (credit.state === "full") return [1, 1];
  const lo = Math.max(0, Math.min(1, credit.share_lo ?? 0));
  return [lo, credit.state === "exhausted" ? lo : Math.max(lo, Math.min(1, credit.share_hi ?? 1))];
}

function drawGauge(gauge, credit) {
  const [lo, hi] = shares(credit);
  gauge.firstChild.style.width = `${lo * 100}%`;
  gauge.lastChild.style.width = `${(hi - lo) * 100}%`;
  show(gauge, credit.state !== "none");
  setAttribute(gauge, "aria-valuenow", (lo * 100).toFixed(0));
  setAttribute(gauge, "aria-valuetext", `${balance(credit)}; between ${percent(lo)} and ${percent(hi)}`);
}

function update(node, {direction, credit, spenders}) {
  const find = (name) => node.querySelector(`.${name}`);
  setAttribute(node, "data-level", creditLevel(credit));
  setText(find("badge"), credit.state);
  setText(find("now"), rate(credit.mean_bits_per_second));
  const [when, because] = headline(credit);
  setText(find("when"), when);
  setText(find("because"), because);
  drawGauge(find("gauge"), credit);
  setText(find("balance"), balance(credit));
  const verdict = known(credit.exceeded_packets) && credit.verdict && credit.verdict !== "none"
    ? `, allowance counter ${credit.verdict}${credit.exceeded_packets ? ` (+${count(credit.exceeded_packets)})` : ""}` : "";
  setText(find("terms"), `baseline ${roundRate(credit.baseline_bits_per_second)}, burst ${roundRate(credit.burst_bits_per_second)}${verdict}`);
  const who = spenders.map((one) => `${one.label} ${percent(one.share)}`).join(", ");
  setText(find("who"), who && `${direction === "tx" ? "sent by" : "received by"} ${who}`);
  const evidence = credit.evidence ?? [];
  show(find("why"), evidence.length > 0);
  reconcile(find("why").lastChild, evidence.map((text, i) => ({text, key: `${i} ${text}`})), (one) => one.key,
    (one) => element("li", {}, one.text), () => {});
}

// The three accounts that move most, in shares: the server's own list, or of the accounts that the page has.
export function spendersOf(snapshot, direction) {
  const told = snapshot.credits[direction].top_accounts;
  if (told) return told.slice(0, 3).map((one) => ({label: one.label || one.account, share: one.share}));
  const total = snapshot.interfaces.reduce((sum, one) => sum + one[direction].bits_per_second, 0);
  return [...snapshot.accounts]
    .sort((a, b) => b[direction].bits_per_second - a[direction].bits_per_second)
    .slice(0, 3)
    .map((one) => ({label: one.label || one.account, share: total > 0 ? Math.min(1, one[direction].bits_per_second / total) : 0}))
    .filter((one) => one.share >= 0.01);
}

export function drawCredits(snapshot) {
  const {credits} = snapshot;
  const shown = credits ? ["tx", "rx"].filter((direction) => credits[direction]) : [];
  const items = shown.map((direction) => ({direction, credit: credits[direction], spenders: spendersOf(snapshot, direction)}));
  reconcile(byId("credits"), items.length ? items : [{direction: "none"}], (one) => one.direction,
    (one) => one.credit ? make(one.direction) : element("p", {class: "empty"},
      "The instance's terms are not known, so nothing is said of credits. Start serve with --instance TYPE, or with --baseline and --burst."),
    (node, one) => one.credit && update(node, one));
  const {type, source, remark} = credits?.instance ?? {};
  const origin = [source, remark].filter(Boolean).join(", ");
  setText(byId("instance"), [type && (origin ? `${type} (${origin})` : type), credits?.larger && `larger: ${credits.larger.replace(": ", ", ")}`].filter(Boolean).join("  ·  "));
}
