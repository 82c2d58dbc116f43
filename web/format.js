// SPDX-License-Identifier: Apache-2.0
// Numbers with units, as the program's own screens write them: rates with three digits, byte totals with one
// decimal, decimal prefixes. What is not known is a dash.
import {remember, remembered} from "./dom.js";

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];
const UNKNOWN = "–";
let inBytes = remembered("units", "bit") === "byte";

export const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
export const ratesAreBytes = () => inBytes;

export function toggleUnits() {
  inBytes = !inBytes;
  remember("units", inBytes ? "byte" : "bit");
}

function threeDigits(value) {
  let scaled = Math.max(0, value);
  let prefix = 0;
  while (scaled >= 999.5 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix += 1;
  }
  if (prefix === 0) return [String(Math.round(scaled)), ""];
  const decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return [scaled.toFixed(decimals), PREFIXES[prefix]];
}

export const rateUnit = () => (inBytes ? "B/s" : "bit/s");

// "281 Mbit/s", and "281 M" for a column whose head has the unit.
export function rate(bits, unit = rateUnit()) {
  if (!known(bits)) return UNKNOWN;
  const [digits, prefix] = threeDigits(inBytes ? bits / 8 : bits);
  return unit ? `${digits} ${prefix}${unit}` : `${digits}${prefix ? ` ${prefix}` : ""}`;
}
// Of a rate that someone chose: "64 Mbit/s".
export const roundRate = (bits) => rate(bits).replace(/\.0+ /, " ");
export const bareRate = (bits) => rate(bits, "");

export function bytes(count) {
  if (!known(count)) return UNKNOWN;
  let scaled = count;
  let prefix = 0;
  while (scaled >= 999.95 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix += 1;
  }
  return prefix === 0 ? `${Math.round(scaled)} B` : `${scaled.toFixed(1)} ${PREFIXES[prefix]}B`;
}

export function count(value) {
  return known(value) ? Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u2009") : UNKNOWN;
}

export const percent = (share) =>
  known(share) ? `${(share * 100).toFixed(share >= 0.9995 || share === 0 ? 0 : 1)} %` : UNKNOWN;

// "250 us", "12 ms", "1.40 s", "2m28s", "1h04m", "3d04h"
export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const s = Math.abs(seconds);
  if (s > 0 && s < 0.001) return `${Math.round(s * 1e6)} us`;
  if (s < 1) return `${String(Number((s * 1000).toFixed(s < 0.01 ? 1 : 0)))} ms`;
  if (s < 60) return `${s.toFixed(s < 10 && !Number.isInteger(s) ? 2 : s < 10 ? 0 : 1)} s`;
  const whole = Math.round(s);
  const pad = (value) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d${pad(Math.floor((whole % 86400) / 3600))}h`;
}

// An interval: "4.0–44 GB" has its unit once where both ends have the same.
export function interval(lo, hi, write) {
  if (!known(hi)) return known(lo) ? `at least ${write(lo)}` : UNKNOWN;
  const [low, high] = [write(lo), write(hi)];
  if (low === high) return low;
  const [lowDigits, lowUnit] = low.split(" ");
  return lowUnit !== undefined && lowUnit === high.split(" ")[1] ? `${lowDigits}–${high}` : `${low} – ${high}`;
}

// Of an RFC 3339 time: "11:42:07.113", in UTC as everywhere.
export function clock(time, decimals = 0) {
  const date = time instanceof Date ? time : new Date(time);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  return date.toISOString().slice(11, decimals ? 23 : 19);
}
