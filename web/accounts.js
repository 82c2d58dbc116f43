// SPDX-License-Identifier: Apache-2.0
// The table of accounts: sorted by any column, filtered as one types, grouped. While someone reads in it (the pointer or
// the focus is there), its order holds still and only its figures move.
import {byId, element, reconcile, remember, remembered, setAttribute, setText, show} from "./dom.js";
import {bareRate, bytes, count, duration, known, rateUnit} from "./format.js";
import {filtered, grouped} from "./groups.js";

const FIRST = matchMedia("(max-width: 820px)").matches ? 12 : 50; // rows until "show all"
const COLUMNS = [
  {id: "name", head: () => "Account", of: (row) => row.label.toLowerCase()},
  {id: "tx", head: () => `Sent ${rateUnit()}`, of: (row) => row.tx.bits_per_second, write: bareRate, bar: true},
  {id: "rx", head: () => `Received ${rateUnit()}`, of: (row) => row.rx.bits_per_second, write: bareRate, bar: true},
  {id: "txp", head: () => "Sent p/s", of: (row) => row.tx.packets_per_second, write: count, wide: true},
  {id: "rxp", head: () => "Received p/s", of: (row) => row.rx.packets_per_second, write: count, wide: true},
  {id: "conn", head: () => "Connections", of: (row) => row.connections, write: count, wide: true},
  {id: "delay", head: () => "Delay p99", of: (row) => row.queue_delay_p99_s, write: duration, wide: true},
  {id: "txt", head: () => "Sent in total", of: (row) => row.tx.bytes, write: bytes},
  {id: "rxt", head: () => "Received in total", of: (row) => row.rx.bytes, write: bytes, wide: true},
];

export class AccountsTable {
  // `askForAll()` gives the accounts of the API, which are more than those of a snapshot.
  constructor(onChoose, colourOf, askForAll) {
    this.onChoose = onChoose;
    this.colourOf = colourOf;
    this.askForAll = askForAll;
    this.everyone = null; // what it gave last
    this.sort = remembered("sort", "busy"); // "busy": by both directions, until a column is chosen
    this.falling = remembered("falling", "yes") === "yes";
    this.all = false;
    this.order = []; // keys, as they stand
    this.rows = [];
    this.body = document.querySelector("#accounts-table tbody");
    this.makeHead();
    this.listen();
  }

  makeHead() {
    this.heads = new Map();
    for (const column of COLUMNS) {
      const button = element("button", {type: "button"});
      button.addEventListener("click", () => this.sortBy(column.id));
      const cell = element("th", {scope: "col", class: this.classOf(column)}, button);
      this.heads.set(column.id, cell);
      document.querySelector("#accounts-table thead tr").append(cell);
    }
  }

  classOf(column) {
    return [column.id === "name" ? "name" : "figure", column.wide ? "wide-only" : ""].join(" ").trim();
  }

  listen() {
    const again = () => this.draw(true);
    this.filter = byId("filter");
    this.group = byId("group");
    this.group.value = remembered("group", "");
    this.filter.addEventListener("input", again);
    this.group.addEventListener("change", () => {
      remember("group", this.group.value);
      this.draw(true);
    });
    byId("accounts-more").addEventListener("click", () => {
      this.all = !this.all;
      this.draw(true);
    });
    this.body.addEventListener("keydown", (event) => this.walk(event));
  }

  walk(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const row = event.target.closest("tr");
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
  }

  nextGroup() {
    this.group.selectedIndex = (this.group.selectedIndex + 1) % this.group.length;
    this.group.dispatchEvent(new Event("change"));
  }

  sortBy(id) {
    this.falling = this.sort === id ? !this.falling : id !== "name";
    this.sort = id;
    remember("sort", id);
    remember("falling", this.falling ? "yes" : "no");
    this.draw(true);
  }

  isRead() {
    return this.body.matches(":hover") || this.body.querySelector(":focus-visible") !== null;
  }

  sorted(rows) {
    const column = COLUMNS.find((one) => one.id === this.sort);
    const of = column ? column.of : (row) => row.tx.bits_per_second + row.rx.bits_per_second;
    const sign = column && !this.falling ? 1 : -1;
    const empty = (value) => value === null || value === undefined;
    return [...rows].sort((a, b) => {
      const [x, y] = [of(a), of(b)];
      if (empty(x) || empty(y)) return empty(x) - empty(y);
      if (x !== y) return x < y ? -sign : sign;
      return b.tx.bytes + b.rx.bytes - (a.tx.bytes + a.rx.bytes) || (a.label < b.label ? -1 : 1);
    });
  }

  // The rows in the order in which they stand already; new ones come last.
  asTheyStand(rows) {
    const byKey = new Map(rows.map((row) => [row.key, row]));
    const standing = this.order.filter((key) => byKey.has(key)).map((key) => byKey.get(key));
    const knownKeys = new Set(this.order);
    return [...standing, ...this.sorted(rows.filter((row) => !knownKeys.has(row.key)))];
  }

  update(snapshot) {
    this.snapshot = snapshot;
    this.draw();
  }

  // Whether the accounts of a snapshot, the busiest, are too few: a filter may mean others, and a group has them too.
  wantsAll() {
    return this.snapshot.other_accounts?.count > 0 && Boolean(this.all || this.group.value || this.filter.value.trim());
  }

  // One question at a time, and none while nobody wants to know.
  async getAll() {
    if (this.asking || this.askedFor === this.snapshot.sequence) return;
    this.asking = true;
    this.askedFor = this.snapshot.sequence;
    this.everyone = (await this.askForAll()) ?? this.everyone;
    this.asking = false;
    this.draw();
  }

  source() {
    if (!this.wantsAll()) {
      this.everyone = null;
      return this.snapshot;
    }
    this.getAll();
    return this.everyone ?? this.snapshot;
  }

  draw(again = false) {
    if (!this.snapshot) return;
    const {accounts, other_accounts: others} = this.source();
    const rows = grouped(filtered(accounts, this.filter.value), this.group.value);
    const held = !again && this.isRead();
    const ordered = held ? this.asTheyStand(rows) : this.sorted(rows);
    this.order = ordered.map((row) => row.key);
    const shown = this.all ? ordered : ordered.slice(0, FIRST);
    this.scale = Math.max(1, ...rows.map((row) => Math.max(row.tx.bits_per_second, row.rx.bits_per_second)));
    this.drawHead();
    reconcile(this.body, shown, (row) => row.key, (row) => this.makeRow(row), (node, row) => this.updateRow(node, row));
    this.drawNotes(rows, accounts, others, held);
  }

  drawHead() {
    for (const column of COLUMNS) {
      const cell = this.heads.get(column.id);
      setText(cell.firstChild, column.head());
      setAttribute(cell, "aria-sort", this.sort !== column.id ? null : this.falling ? "descending" : "ascending");
    }
  }

  makeRow() {
    const button = element("button", {type: "button", class: "account"}, element("i", {class: "dot"}), element("span"));
    const cells = COLUMNS.slice(1).map((column) => element("td", {class: this.classOf(column)}, element("span"), column.bar ? element("i", {class: "amount"}) : null));
    const row = element("tr", {}, element("th", {scope: "row", class: "name"}, button, element("small")), ...cells);
    button.addEventListener("click", () => this.onChoose(row.shown));
    return row;
  }

  updateRow(node, row) {
    node.shown = row;
    const [button, small] = node.firstChild.children;
    setText(button.lastChild, row.label);
    setAttribute(button, "title", row.path);
    setAttribute(button, "aria-pressed", this.chosen === row.key);
    setAttribute(button.firstChild, "data-hue", row.accounts.length === 1 ? this.colourOf(row.accounts[0]) : null);
    setText(small, row.remark);
    show(small, row.remark !== "");
    setAttribute(node, "class", row.ended ? "ended" : null);
    COLUMNS.slice(1).forEach((column, i) => {
      const cell = node.children[i + 1];
      const value = column.of(row);
      setText(cell.firstChild, column.write(value));
      if (column.bar) cell.lastChild.style.width = `${((known(value) ? value : 0) / this.scale) * 100}%`;
    });
  }

  drawNotes(rows, accounts, others, held) {
    const beyond = others?.count ?? 0;
    const parts = [`${rows.length}${rows.length === accounts.length ? "" : ` of ${accounts.length}`}`];
    if (beyond > 0) parts.push(`and ${beyond} more: ${bareRate(others.tx.bits_per_second)} sent`);
    if (held) parts.push("order held");
    setText(byId("accounts-note"), parts.join("  ·  "));
    const more = byId("accounts-more");
    const alone = !this.filter.value.trim() && !this.group.value;
    show(more, rows.length > FIRST || (alone && beyond > 0) || this.all);
    setText(more, this.all ? `Show the first ${FIRST}` : `Show all ${rows.length + (alone ? beyond : 0)}`);
    const empty = byId("accounts-empty");
    show(empty, rows.length === 0);
    setText(empty, accounts.length === 0 ? "No account has moved anything yet." : `No account is like “${this.filter.value}”.`);
  }
}
