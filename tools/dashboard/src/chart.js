// The chart: candles, averages coloured by their own signal, the average signal below.
import {
  BaselineSeries, CandlestickSeries, createChart, createSeriesMarkers, CrosshairMode, LineSeries, LineStyle,
} from 'lightweight-charts';
import { colour } from './theme.js';

const kLinesMax = 9;

export class Chart {
  /** on: {older(), hover(row | null)} */
  constructor(element, on) {
    this.on = on;
    this.rows = [];
    this.open = null;
    this.lines = [];
    this.chart = createChart(element, { autoSize: true, layout: { attributionLogo: false, fontSize: 11 } });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: true, priceLineStyle: LineStyle.Dotted }, 0);
    for (let i = 0; i < kLinesMax; i += 1) {
      this.lines.push(this.chart.addSeries(LineSeries, {
        lineWidth: 2, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false,
        autoscaleInfoProvider: (own) => this.scaleOf(own()),
      }, 0));
    }
    this.average = this.chart.addSeries(BaselineSeries, {
      baseValue: { type: 'price', price: 0 }, lineWidth: 2, priceLineVisible: false,
      priceFormat: { type: 'price', precision: 2, minMove: 0.01 },
      autoscaleInfoProvider: () => ({ priceRange: { minValue: -1, maxValue: 1 } }),
    }, 1);
    this.markers = createSeriesMarkers(this.candles, []);
    this.chart.panes()[0].setStretchFactor(3);
    this.chart.panes()[1].setStretchFactor(1);
    this.thresholds = [];
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 30 && this.rows.length > 0) this.on.older();
    });
    this.chart.subscribeCrosshairMove((move) => this.on.hover(this.rowAt(move.time)));
    this.restyle();
  }

  restyle() {
    const text = colour('quiet');
    const grid = colour('grid');
    this.chart.applyOptions({
      layout: {
        background: { color: 'transparent' }, textColor: text, fontFamily: colour('font'),
        panes: { separatorColor: colour('line'), separatorHoverColor: colour('hover'), enableResize: true },
      },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      crosshair: { mode: CrosshairMode.Normal, vertLine: { color: text, labelBackgroundColor: colour('accent') },
        horzLine: { color: text, labelBackgroundColor: colour('accent') } },
      rightPriceScale: { borderColor: colour('line') },
      localization: { timeFormatter: (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC` },
      timeScale: { borderColor: colour('line'), timeVisible: true, rightOffset: 6, minBarSpacing: 1 },
    });
    this.candles.applyOptions({
      upColor: colour('up'), borderUpColor: colour('up'), wickUpColor: colour('up'),
      downColor: colour('down'), borderDownColor: colour('down'), wickDownColor: colour('down'),
    });
    this.average.applyOptions({
      topLineColor: colour('up'), topFillColor1: colour('up-soft'), topFillColor2: colour('up-none'),
      bottomLineColor: colour('down'), bottomFillColor1: colour('down-none'), bottomFillColor2: colour('down-soft'),
    });
    this.setThresholds(this.limits ?? []);
    this.draw();
  }

  setThresholds(limits) {
    this.limits = limits;
    for (const line of this.thresholds) this.average.removePriceLine(line);
    this.thresholds = [...limits, 0].map((price) => this.average.createPriceLine({
      price, color: colour(price === 0 ? 'line' : 'quiet'), lineWidth: 1, axisLabelVisible: false,
      lineStyle: price === 0 ? LineStyle.Solid : LineStyle.Dashed, title: '',
    }));
  }

  /** All closed rows, oldest first; hidden: families that are not drawn. */
  show(rows, scale, { fit }) {
    this.rows = rows;
    this.open = null;
    this.candles.applyOptions({ priceFormat: { type: 'price', precision: scale, minMove: 10 ** -scale } });
    this.draw();
    if (fit) this.newest();
  }

  newest() {
    const bars = Math.min(this.rows.length, Math.max(60, Math.floor(this.chart.paneSize(0).width / 7)));
    this.chart.timeScale().setVisibleLogicalRange({ from: this.rows.length - bars, to: this.rows.length + 5 });
  }

  draw() {
    this.candles.setData(this.rows.map((row) => candle(row)));
    this.average.setData(this.rows.map((row) => value(row.time, row.average)));
    this.markers.setMarkers(this.rows.filter((row) => row.event).map(arrow));
    const count = this.rows.at(-1)?.members.length ?? 0;
    this.lines.forEach((line, i) => {
      line.applyOptions({ visible: i < count && !this.isHidden(i), lineWidth: i === 0 || count === 6 ? 2 : 1 });
      line.setData(i >= count ? [] : this.rows.map((row) => member(row.time, row.members[i], this.shade(i, count))));
    });
    if (this.open) this.drawOpen(this.open);
  }

  /** The newest closed bars, oldest first; some may be there already. */
  append(rows) {
    const from = this.rows.at(-1)?.time ?? -Infinity;
    const newest = rows.filter((row) => row.time >= from);
    if (newest.length === 0) return;
    if (newest[0].time === from) this.rows.pop();
    this.rows.push(...newest);
    if (this.open?.time <= newest.at(-1).time) this.open = null;
    // All anew: these or later bars may have been drawn as open, and the chart takes none in front of its last.
    this.draw();
  }

  /** The bar that is still open: hollow, since it may change. */
  drawOpen(row) {
    const last = this.rows.at(-1);
    if (row.time <= last?.time || row.time < this.open?.time) return; // an answer that was overtaken
    this.open = row;
    const tone = row.close >= row.open ? 'up' : 'down';
    this.candles.update({ ...candle(row), color: colour(`${tone}-none`), borderColor: colour(tone), wickColor: colour(`${tone}-soft`) });
    const soft = (name) => colour(`${name}-soft`);
    this.average.update({ ...value(row.time, row.average),
      topLineColor: soft('up'), topFillColor1: colour('up-none'), bottomLineColor: soft('down'), bottomFillColor2: colour('down-none') });
    row.members.forEach((each, i) => this.lines[i].update(member(row.time, each, '-soft')));
  }

  /** Averages widen the scale, but one that is far from the price (KAMA climbs from zero) must not flatten it. */
  scaleOf(info) {
    const close = this.rows.at(-1)?.close ?? 0;
    const isNear = info?.priceRange && info.priceRange.minValue > 0.9 * close && info.priceRange.maxValue < 1.1 * close;
    return isNear ? info : null;
  }

  setHidden(hidden) {
    this.hidden = hidden;
    const count = this.rows.at(-1)?.members.length ?? 0;
    this.lines.forEach((line, i) => line.applyOptions({ visible: i < count && !this.isHidden(i) }));
  }

  isHidden(i) {
    return this.hidden?.has(i) ?? false;
  }

  shade(i, count) {
    return count === kLinesMax && i > 0 ? '-soft' : '';
  }

  rowAt(time) {
    if (time === undefined) return null;
    return this.open?.time === time ? this.open : this.rows.find((row) => row.time === time) ?? null;
  }
}

const candle = (row) => ({ time: row.time, open: row.open, high: row.high, low: row.low, close: row.close });

function value(time, number) {
  return number === null ? { time } : { time, value: number };
}

function member(time, { average, side }, shade) {
  if (average === null) return { time };
  return { time, value: average, color: colour((side > 0 ? 'up' : side < 0 ? 'down' : 'flat') + shade) };
}

function arrow(row) {
  const isLong = row.event === 'long';
  return {
    time: row.time, position: isLong ? 'belowBar' : 'aboveBar', shape: isLong ? 'arrowUp' : 'arrowDown',
    color: colour(isLong ? 'up' : 'down'), text: row.event, size: 1.2,
  };
}
