// SPDX-License-Identifier: Apache-2.0
// The server-sent events: one connection that is made again when it ends, or when it has been silent for too long.
// The browser does the first itself, but gives up where the server answers with an error.

const STATUS = "api/v1/status";

// The token of the page's own address. It is taken out of the address bar, where others may see it.
function takeToken() {
  const query = new URLSearchParams(location.search);
  const given = query.get("token");
  try {
    if (given !== null) sessionStorage.setItem("cgtally.token", given);
  } catch {
    return given; // nothing may be kept: it stays where it is
  }
  if (given !== null) {
    query.delete("token");
    const rest = query.toString();
    history.replaceState(null, "", location.pathname + (rest ? `?${rest}` : "") + location.hash);
  }
  return sessionStorage.getItem("cgtally.token");
}

export class Stream {
  // onState gets "live", "lost" (with the seconds to the next try) or "denied"; onSnapshot gets each document.
  constructor(onSnapshot, onState) {
    this.onSnapshot = onSnapshot;
    this.onState = onState;
    this.token = takeToken();
    this.tries = 0;
    this.patience = 10_000;
    this.open();
  }

  // With the token, if there is one.
  address(path) {
    return this.token ? `${path}?${new URLSearchParams({token: this.token})}` : path;
  }

  // A document of the API beside the stream; null where it cannot be had.
  async ask(path) {
    try {
      const answer = await fetch(this.address(path), {cache: "no-store"});
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  open() {
    this.source = new EventSource(this.address("api/v1/stream"));
    this.source.addEventListener("snapshot", (event) => {
      const snapshot = JSON.parse(event.data);
      this.tries = 0;
      this.patience = Math.max(10_000, 3000 * (snapshot.interval_s ?? 1) + 5000);
      this.watch();
      this.onState("live");
      this.onSnapshot(snapshot);
    });
    this.source.addEventListener("error", () => this.lost());
    this.watch();
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(), this.patience);
  }

  async lost() {
    clearTimeout(this.watchdog);
    this.source.close();
    this.tries += 1;
    const wait = Math.min(15, 2 ** Math.min(4, this.tries - 1));
    this.onState("lost", wait);
    clearTimeout(this.again);
    this.again = setTimeout(() => this.open(), wait * 1000);
    try {
      const answer = await fetch(this.address(STATUS), {cache: "no-store"});
      if (answer.status === 401 || answer.status === 403) this.onState("denied", wait);
    } catch {
      // it is away: that is what "lost" says
    }
  }
}
