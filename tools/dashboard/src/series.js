// The series that is looked at: its history, its newest bars, its weight table.
import { get, pathOf } from './api.js';
import { keyOf } from './model.js';

const kRows = 700;
const kDetailMs = 400;

export const kFamilies = ['ema', 'hma', 'wma', 'dema', 'lsma', 'kama'];

export class SeriesView {
  /** on: {drawn(), signal(signal), members(list), trouble(text)} */
  constructor(chart, on) {
    this.chart = chart;
    this.on = on;
    this.series = null;
    this.family = null; // of the calibration view; null: the six base averages
    this.generation = 0;
  }

  async show(series, family) {
    const isSame = this.series !== null && keyOf(series) === keyOf(this.series);
    this.series = series;
    this.family = family;
    const mine = (this.generation += 1);
    clearTimeout(this.detailTimer);
    this.detailTimer = undefined;
    this.isLoading = true;
    this.hasMissed = false;
    try {
      const [page, answer] = await Promise.all([
        get(`/v1/history/${pathOf(series)}?limit=${kRows}&${this.columns()}`),
        get(`/v1/signals/${pathOf(series)}?detail=1`),
      ]);
      if (mine !== this.generation) return;
      this.page = page;
      this.chart.show(page.rows.map((row) => rowOf(page.columns, row)), page.price_scale ?? 2, { fit: !isSame });
      this.takeDetail(answer);
      this.on.drawn();
    } catch (error) {
      if (mine === this.generation) this.on.trouble(error.message);
    } finally {
      if (mine === this.generation) this.isLoading = false;
    }
    if (mine === this.generation && this.hasMissed) this.takeClosed();
  }

  columns() {
    return this.family ? `members=${this.family}` : 'averages=1';
  }

  /** A page of older bars in front, when the view comes near the oldest one. */
  async older() {
    if (this.isLoading || !this.page || this.page.next_before_ms === null) return;
    const mine = this.generation;
    this.isLoading = true;
    try {
      const page = await get(
        `/v1/history/${pathOf(this.series)}?limit=${kRows}&before_ms=${this.page.next_before_ms}&${this.columns()}`);
      if (mine !== this.generation) return;
      this.page.next_before_ms = page.next_before_ms;
      const range = this.chart.chart.timeScale().getVisibleLogicalRange();
      const older = page.rows.map((row) => rowOf(page.columns, row));
      this.chart.rows = [...older, ...this.chart.rows];
      this.chart.draw();
      if (range) {
        this.chart.chart.timeScale().setVisibleLogicalRange({ from: range.from + older.length, to: range.to + older.length });
      }
    } catch (error) {
      this.on.trouble(error.message);
    } finally {
      if (mine === this.generation) this.isLoading = false;
    }
  }

  /** A publication of this series. */
  take(signal) {
    this.on.signal(signal);
    if (this.isLoading) {
      this.hasMissed ||= signal.kind === 'closed_bar'; // it may be newer than the history under way
      return;
    }
    if (signal.kind === 'closed_bar') this.takeClosed();
    if (signal.kind === 'open_bar') this.chart.drawOpen(this.openRow(signal));
    this.detailTimer ??= setTimeout(() => this.refreshDetail(), kDetailMs);
  }

  /** What was published carries no averages, so the newest rows are asked for: the same bits, with them. */
  async takeClosed() {
    const mine = this.generation;
    try {
      const page = await get(`/v1/history/${pathOf(this.series)}?limit=4&${this.columns()}`);
      if (mine !== this.generation) return;
      this.chart.append(page.rows.map((row) => rowOf(page.columns, row)));
    } catch (error) {
      this.on.trouble(error.message);
    }
  }

  async refreshDetail() {
    const mine = this.generation;
    try {
      const answer = await get(`/v1/signals/${pathOf(this.series)}?detail=1`);
      if (mine === this.generation) this.takeDetail(answer);
    } catch (error) {
      this.on.trouble(error.message);
    } finally {
      if (mine === this.generation) this.detailTimer = undefined;
    }
  }

  takeDetail(answer) {
    const { detail } = answer;
    this.members = detail?.members ?? null;
    if (!detail) return;
    this.on.members(this.members, detail.publication);
    if (detail.publication.kind === 'open_bar') this.chart.drawOpen(this.openRow(detail.publication, true));
  }

  openRow(signal, hasMembers = false) {
    const number = (text) => Number(text);
    const row = {
      time: signal.ts_open_ms / 1000, open: number(signal.open), high: number(signal.high), low: number(signal.low),
      close: number(signal.close), average: signal.average, event: null, members: [], isOpen: true, text: signal,
    };
    if (hasMembers) {
      const own = this.members.filter((each, i) => (this.family ? each.family === this.family : i % 9 === 0));
      row.members = own.map((each) => ({ average: each.average, side: each.signal, name: this.family ? `${each.family} ${each.length}` : each.family }));
    }
    return row;
  }
}

/** A row of /v1/history as the chart wants it; prices become doubles for drawing only. */
export function rowOf(columns, values) {
  const at = (name) => values[columns.indexOf(name)];
  const members = [];
  columns.forEach((name, i) => {
    if (!name.endsWith('_average')) return;
    const stem = name.slice(0, -'_average'.length);
    members.push({ average: values[i], side: at(`${stem}_signal`), name: stem.replace('_base', '').replace('_', ' ') });
  });
  return {
    time: values[0] / 1000, open: Number(values[1]), high: Number(values[2]), low: Number(values[3]),
    close: Number(values[4]), average: at('average'), event: at('event'), members,
  };
}
