// SPDX-License-Identifier: Apache-2.0
// The history as a chart: of all traffic, cut up into the accounts that moved most, or of what the reader has chosen.
// An account keeps its colour as long as it is among them.
import {Chart, seriesColour} from "./charts.js";
import {byId, element, reconcile, remember, remembered, setAttribute, setText, show} from "./dom.js";
import {clock, rate} from "./format.js";

const PARTS = 5;
const LEAST_SHARE = 0.002; // of what the busiest has moved: less is not to be seen
const LEAST_MS = 60_000; // of time on the axis, also when the page has just been opened
const WORDS = {tx: "sent", rx: "received"};

export class HistoryChart {
  constructor(history, onAll) {
    this.history = history;
    this.chosen = null; // {label, accounts}
    this.colours = new Map(); // account -> number of its colour
    this.direction = this.choice("direction", "tx", (value) => (this.direction = value));
    this.seconds = Number(this.choice("range", "300", (value) => (this.seconds = Number(value))));
    byId("history-all").addEventListener("click", onAll);
  }

  choice(name, otherwise, take) {
    const kept = remembered(name, otherwise);
    for (const input of byId(name).querySelectorAll("input")) {
      input.checked = input.value === kept;
      input.addEventListener("change", () => {
        remember(name, input.value);
        take(input.value);
        this.draw();
      });
    }
    return byId(name).querySelector("input:checked")?.value ?? otherwise;
  }

  turn() {
    byId("direction").querySelector("input:not(:checked)").click();
  }

  choose(chosen) {
    this.chosen = chosen;
    this.draw();
  }

  // The number of an account's colour; undefined: it has none.
  colourOf(account) {
    return this.chosen ? undefined : this.colours.get(account);
  }

  assignColours(top) {
    const wanted = new Set(top.map((one) => one.account));
    for (const account of this.colours.keys()) {
      if (!wanted.has(account)) this.colours.delete(account);
    }
    const free = new Set(Array(PARTS).keys());
    for (const number of this.colours.values()) free.delete(number);
    for (const {account} of top) {
      if (this.colours.has(account)) continue;
      const [number] = free;
      free.delete(number);
      this.colours.set(account, number);
    }
  }

  // Series as [{label, number of the colour, at: position -> rate}].
  series() {
    const {history, chosen, direction} = this;
    if (chosen) {
      const at = (way) => (i) => history.sumAt(chosen.accounts, way, i);
      return [
        {label: "sent", hue: 0, at: at("tx")},
        {label: "received", hue: 1, at: at("rx")},
      ];
    }
    const most = history.top(direction, this.seconds, PARTS);
    const top = most.filter((one) => one.sum >= LEAST_SHARE * most[0].sum);
    this.assignColours(top);
    const names = top.map((one) => one.account);
    const parts = top.map(({account, label}) => ({
      label,
      hue: this.colours.get(account),
      at: (i) => history.sumAt([account], direction, i),
    }));
    const others = (i) => Math.max(0, history.at(history.totals[direction], i) - history.sumAt(names, direction, i));
    return [...parts, {label: "others", hue: PARTS, at: others}];
  }

  rows(series) {
    const [begin, end] = this.history.since(this.seconds);
    const rows = [];
    for (let i = begin; i < end; i += 1) {
      rows.push([new Date(this.history.times[i]), ...series.map((one) => one.at(i))]);
    }
    return rows;
  }

  draw() {
    const series = this.series();
    const rows = this.rows(series);
    if (rows.length === 0) return;
    this.shown = {series, rows};
    const labels = ["time", ...series.map((_, i) => `s${i}`)];
    const end = rows.at(-1)[0].getTime();
    const options = () => ({
      labels,
      colors: this.shown.series.map((one) => seriesColour(one.hue)),
      stackedGraph: !this.chosen,
      fillGraph: true,
      dateWindow: [Math.min(Math.max(rows[0][0].getTime(), end - this.seconds * 1000), end - LEAST_MS), end],
    });
    if (!this.chart) {
      this.chart = new Chart(byId("history"), rows, () => ({
        ...options(),
        highlightCallback: (event, x, points, row) => this.legend(row),
        unhighlightCallback: () => this.legend(),
      }));
    } else {
      this.chart.options = options;
      this.chart.update(rows, options());
    }
    this.legend();
    this.describe(rows);
  }

  // The figures of one row, the last one unless the pointer is at another.
  legend(row = this.shown.rows.length - 1) {
    const {series, rows} = this.shown;
    const values = rows[Math.min(row, rows.length - 1)];
    const items = series.map((one, i) => ({...one, key: `${i} ${one.label}`, value: values[i + 1]}));
    reconcile(
      byId("history-legend"),
      items,
      (item) => item.key,
      () => element("li", {}, element("i", {class: "dot"}), element("span", {class: "name"}), element("b")),
      (node, item) => {
        setAttribute(node.firstChild, "data-hue", item.hue);
        setText(node.children[1], item.label);
        setAttribute(node.children[1], "title", item.label);
        setText(node.lastChild, rate(item.value));
      },
    );
    const last = row >= rows.length - 1;
    const what = this.chosen ? this.chosen.label : `all accounts, ${WORDS[this.direction]}`;
    setText(byId("history-subject"), last ? what : `${what} at ${clock(values[0])}`);
    show(byId("history-all"), Boolean(this.chosen));
    show(byId("direction"), !this.chosen);
  }

  describe(rows) {
    const sums = rows.map((row) => row.slice(1).reduce((sum, value) => sum + value, 0));
    const highest = sums.indexOf(Math.max(...sums));
    const what = this.chosen ? `${this.chosen.label}, sent and received` : `All accounts, ${WORDS[this.direction]}`;
    setAttribute(
      byId("history"),
      "aria-label",
      `${what}, the last ${this.seconds / 60} minutes: now ${rate(sums.at(-1))}, ` +
        `highest ${rate(sums[highest])} at ${clock(rows[highest][0])}`,
    );
  }
}
