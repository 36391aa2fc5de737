// What is known of every series, and the order in which the list shows it.

const kStateOrder = ['HALTED', 'REJECTED', 'GAP', 'STALE', 'WARMING', 'RETIRED', 'LIVE'];

export const keyOf = (series) => `${series.venue}\n${series.symbol}\n${series.interval}`;

export class Model {
  constructor() {
    this.rows = [];
    this.byKey = new Map();
    this.search = '';
    this.sort = 'given';
    this.shown = [];
  }

  /** All rows of /v1/symbols; what is not among them is gone. */
  take(rows) {
    const now = performance.now();
    const before = this.byKey;
    this.byKey = new Map();
    this.rows = [];
    for (const row of rows) {
      const known = before.get(keyOf(row));
      // A change of state is a publication too, but the value in doubt is older than that.
      const at = known && row.state !== 'LIVE' ? known.at : row.age_ms === null ? null : now - row.age_ms;
      const fresh = { ...row, at };
      this.add(known ? Object.assign(known, fresh) : fresh);
    }
    this.arrange();
  }

  add(row) {
    row.text = `${row.symbol} ${row.interval} ${row.venue}`.toLowerCase();
    this.byKey.set(keyOf(row), row);
    this.rows.push(row);
    return row;
  }

  /** A signal of the stream; gives its row. Series come and go with it. */
  update(signal) {
    const isRemoved = signal.reason === 'removed';
    let row = this.byKey.get(keyOf(signal));
    if (!row && isRemoved) return null;
    if (!row) {
      const { venue, symbol, interval } = signal;
      row = this.add({ venue, symbol, interval, at: null, close: null, average: null, direction: null });
      this.arrange();
    }
    if (isRemoved) {
      this.byKey.delete(keyOf(signal));
      this.rows = this.rows.filter((each) => each !== row);
      this.arrange();
    }
    row.state = signal.state;
    row.reason = signal.reason;
    row.valid = signal.valid;
    if (signal.age_ms !== null && signal.kind !== 'state') row.at = performance.now() - signal.age_ms;
    if (signal.ts_open_ms === null) return row;
    row.close = signal.close;
    row.average = signal.average;
    row.direction = signal.direction;
    row.growth_warning = signal.growth_warning;
    return row;
  }

  ageOf(row) {
    return row.at === null ? null : performance.now() - row.at;
  }

  arrange() {
    const words = this.search.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = this.rows.filter((row) => words.every((word) => row.text.includes(word)));
    const by = {
      symbol: (a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0), // localeCompare takes ten times as long
      average: (a, b) => (b.average ?? -2) - (a.average ?? -2),
      state: (a, b) => kStateOrder.indexOf(a.state) - kStateOrder.indexOf(b.state),
      age: (a, b) => (a.at ?? -Infinity) - (b.at ?? -Infinity),
    }[this.sort];
    if (by) this.shown.sort(by);
  }

  counts() {
    const counts = new Map();
    for (const row of this.rows) counts.set(row.state, (counts.get(row.state) ?? 0) + 1);
    return [...kStateOrder].reverse().filter((state) => counts.has(state)).map((state) => [state, counts.get(state)]);
  }
}
