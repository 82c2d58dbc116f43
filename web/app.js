// SPDX-License-Identifier: Apache-2.0
// Joins the parts of the page: each snapshot goes into the history and, unless the reader has paused, onto the page.
import {AccountsTable} from "./accounts.js";
import {drawCredits} from "./credits.js";
import {byId, setAttribute, setText} from "./dom.js";
import {BurstList, LifeList} from "./events.js";
import {duration, rateUnit, toggleUnits} from "./format.js";
import {History} from "./history.js";
import {HistoryChart} from "./history_chart.js";
import {listenForKeys} from "./keys.js";
import {drawAlerts, drawHead, drawInterfaces, drawNotices} from "./overview.js";
import {SecondChart} from "./second_chart.js";
import {Stream} from "./stream.js";

const history = new History();
const bursts = new BurstList();
const lives = new LifeList();
const second = new SecondChart();
const chart = new HistoryChart(history, () => choose(null));
const accounts = new AccountsTable(choose, (account) => chart.colourOf(account), async () => {
  const all = await stream.ask("api/v1/accounts");
  if (all) history.addBeyond(all.accounts);
  return all;
});
let latest = null;
let paused = false;
let due = false;
let state = ["connecting"];

// A row of the table, or null: all accounts. The row that is chosen already gives all back.
function choose(row) {
  const same = !row || accounts.chosen === row.key;
  accounts.chosen = same ? null : row.key;
  chart.choose(same ? null : {label: row.label, accounts: row.accounts});
  accounts.draw();
}

// Once for what has come between two frames, and not at all while nobody looks.
function drawSoon() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    if (!paused) draw(latest);
  });
}

function draw(snapshot) {
  drawHead(snapshot);
  drawAlerts(snapshot);
  drawInterfaces(snapshot.interfaces);
  drawNotices(snapshot.status.notices);
  drawCredits(snapshot);
  chart.draw();
  second.draw(snapshot.bursts?.last_second ?? [], bursts.threshold());
  accounts.update(snapshot);
  bursts.draw();
  lives.draw();
}

function drawState() {
  const [name, wait] = state;
  const pill = byId("connection");
  const every = latest ? `every ${duration(latest.status.interval_s)}` : "";
  const texts = {
    connecting: "connecting",
    live: paused ? "paused" : `live, ${every}`,
    lost: `connection lost, retrying in ${wait} s`,
    denied: "this address needs ?token=…",
  };
  setText(pill, texts[name]);
  setAttribute(pill, "data-state", name === "live" && paused ? "paused" : name);
  document.body.classList.toggle("stale", name === "lost" || name === "denied");
}

function setPaused(now) {
  paused = now;
  setAttribute(byId("pause"), "aria-pressed", paused);
  setText(byId("pause"), paused ? "Go on" : "Pause");
  if (!paused && latest) draw(latest);
  drawState();
}

function changeUnits() {
  toggleUnits();
  setText(byId("units"), rateUnit());
  if (latest) draw(latest);
}

setText(byId("units"), rateUnit());
byId("pause").addEventListener("click", () => setPaused(!paused));
byId("units").addEventListener("click", changeUnits);
byId("help-button").addEventListener("click", () => byId("help").showModal());
listenForKeys({
  "/": () => byId("filter").focus(),
  p: () => setPaused(!paused),
  b: changeUnits,
  d: () => chart.turn(),
  g: () => accounts.nextGroup(),
  "?": () => byId("help").showModal(),
  Escape: () => {
    byId("filter").value = "";
    byId("filter").blur();
    choose(null);
    accounts.draw(true);
  },
});

const stream = new Stream(
  (snapshot) => {
    latest = snapshot;
    history.add(snapshot);
    bursts.update(snapshot.bursts);
    lives.update(snapshot.lifecycle);
    if (!paused) drawSoon();
    drawState();
  },
  (...now) => {
    state = now;
    drawState();
  },
);
