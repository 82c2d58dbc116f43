// SPDX-License-Identifier: Apache-2.0
// The rates of each account while the page is open: an hour of intervals at most. What was not among the accounts
// of an interval counts as 0 there, and an interval that never came is a gap.

export const KEPT = 3600; // intervals

export class History {
  constructor() {
    this.times = []; // of each interval that is kept, in ms
    this.first = 0; // number of the first of them
    this.accounts = new Map(); // account -> {tx, rx: rings of rates, last: number of the last interval with traffic}
    this.totals = {tx: new Float32Array(KEPT), rx: new Float32Array(KEPT)};
  }

  get length() {
    return this.times.length;
  }

  add(snapshot) {
    const number = this.first + this.times.length;
    this.times.push(new Date(snapshot.time).getTime());
    if (this.times.length > KEPT) {
      this.times.shift();
      this.first += 1;
    }
    const slot = number % KEPT;
    for (const entry of this.accounts.values()) entry.tx[slot] = entry.rx[slot] = 0;
    let [tx, rx] = [0, 0];
    for (const account of snapshot.accounts) {
      tx += account.tx.bits_per_second;
      rx += account.rx.bits_per_second;
      this.put(account, number, slot);
    }
    this.totals.tx[slot] = tx + (snapshot.other_accounts?.tx?.bits_per_second ?? 0);
    this.totals.rx[slot] = rx + (snapshot.other_accounts?.rx?.bits_per_second ?? 0);
    if (number % 60 === 0) this.forget();
  }

  // Accounts that were not in the last snapshot, but were asked for.
  addBeyond(accounts) {
    const number = this.first + this.times.length - 1;
    for (const account of accounts) this.put(account, number, number % KEPT);
  }

  put(account, number, slot) {
    let entry = this.accounts.get(account.account);
    const moves = account.tx.bits_per_second > 0 || account.rx.bits_per_second > 0;
    if (!entry && !moves) return;
    if (!entry) {
      entry = {tx: new Float32Array(KEPT), rx: new Float32Array(KEPT), last: number, label: account.label};
      this.accounts.set(account.account, entry);
    }
    entry.tx[slot] = account.tx.bits_per_second;
    entry.rx[slot] = account.rx.bits_per_second;
    entry.label = account.label || account.account;
    if (moves) entry.last = number;
  }

  // Accounts whose traffic lies further back than what is kept.
  forget() {
    for (const [name, entry] of this.accounts) {
      if (entry.last < this.first) this.accounts.delete(name);
    }
  }

  // Positions in `times` of what lies in the last `seconds`.
  since(seconds) {
    const end = this.times.length;
    if (end === 0) return [0, 0];
    const from = this.times[end - 1] - seconds * 1000;
    let begin = end;
    while (begin > 0 && this.times[begin - 1] >= from) begin -= 1;
    return [begin, end];
  }

  at(series, position) {
    return series[(this.first + position) % KEPT];
  }

  // The accounts that moved most in a direction within the last `seconds`, as [{account, label, sum}].
  top(direction, seconds, most) {
    const [begin, end] = this.since(seconds);
    const sums = [];
    for (const [account, entry] of this.accounts) {
      if (entry.last < this.first + begin) continue;
      let sum = 0;
      for (let i = begin; i < end; i += 1) sum += this.at(entry[direction], i);
      if (sum > 0) sums.push({account, label: entry.label, sum});
    }
    return sums.sort((a, b) => b.sum - a.sum).slice(0, most);
  }

  // The sum of some accounts at one position.
  sumAt(accounts, direction, position) {
    let sum = 0;
    for (const account of accounts) {
      const entry = this.accounts.get(account);
      if (entry) sum += this.at(entry[direction], position);
    }
    return sum;
  }
}
