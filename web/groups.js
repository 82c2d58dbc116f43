// SPDX-License-Identifier: Apache-2.0
// From the accounts of a snapshot to the rows of the table: those that match a filter, one by one or added up by pod,
// namespace or slice. An account that has none stays as it is.
import {duration, known} from "./format.js";

// Each word of the filter must be in the name, the path, the pod or the namespace.
export function filtered(accounts, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return accounts;
  return accounts.filter((one) => {
    const all = [one.label, one.account, one.pod, one.namespace, one.container].filter(Boolean).join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

const GROUPS = {
  pod: (one) => one.pod && `${one.namespace ? `${one.namespace}/` : ""}${one.pod}`,
  namespace: (one) => one.namespace,
  slice: (one) => (one.account.startsWith("/") ? one.account.split("/")[1] : null),
};

function single(one) {
  const remark = known(one.ended_s) ? `ended ${duration(one.ended_s)} ago` : one.kind === "reason" ? "no cgroup" : "";
  return {
    key: one.account,
    label: one.label || one.account,
    path: one.account,
    remark,
    ended: known(one.ended_s),
    accounts: [one.account],
    tx: one.tx,
    rx: one.rx,
    connections: one.connections,
    queue_delay_p99_s: one.queue_delay_p99_s,
  };
}

const FIELDS = ["bits_per_second", "packets_per_second", "bytes", "packets"];

function added(name, members) {
  const sum = (direction) => Object.fromEntries(FIELDS.map((field) => [field, members.reduce((all, one) => all + (one[direction][field] ?? 0), 0)]));
  const counted = members.map((one) => one.connections).filter(known);
  const delays = members.map((one) => one.queue_delay_p99_s).filter(known);
  return {
    key: `group ${name}`,
    label: name,
    path: members.map((one) => one.label || one.account).join("\n"),
    remark: members.length === 1 ? "" : `${members.length} accounts`,
    ended: members.every((one) => known(one.ended_s)),
    accounts: members.map((one) => one.account),
    tx: sum("tx"),
    rx: sum("rx"),
    connections: counted.length ? counted.reduce((a, b) => a + b, 0) : null,
    queue_delay_p99_s: delays.length ? Math.max(...delays) : null,
  };
}

export function grouped(accounts, by) {
  const nameOf = GROUPS[by];
  if (!nameOf) return accounts.map(single);
  const groups = new Map();
  const rows = [];
  for (const one of accounts) {
    const name = nameOf(one);
    if (!name) {
      rows.push(single(one));
    } else {
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
  }
  return [...rows, ...[...groups].map(([name, members]) => added(name, members))];
}
