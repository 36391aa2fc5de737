// Wires the page: model, list, chart, table, stream, keys.
import { get, getAll, setToken, whenTokenNeeded } from './api.js';
import { Chart } from './chart.js';
import { age, side, signed, tone } from './format.js';
import { List } from './list.js';
import { keyOf, Model } from './model.js';
import { kFamilies, SeriesView } from './series.js';
import { Stream } from './stream.js';
import { Table } from './table.js';
import { startTheme } from './theme.js';

const kListMs = 5000;
const kAgeMs = 500;
const $ = (id) => document.getElementById(id);

// Asked for before anything is built: the answers come while the chart is being made.
const early = Promise.all([get('/v1/config'), getAll('/v1/symbols', 'symbols')]);
early.catch(() => {}); // start() tells it

const model = new Model();
let chosen = null;
let family = 'ema';
let isCalibrating = false;
const hidden = new Set();

const list = new List(model, choose);
const chart = new Chart($('chart'), { older: () => view.older(), hover: (row) => showLegend(row) });
const table = new Table(chooseFamily);
const switchTheme = startTheme(() => chart.restyle());
const view = new SeriesView(chart, {
  drawn: () => {
    showLegend(null);
    document.body.dataset.drawn = keyOf(chosen);
    // The chart draws itself in the next frame; what follows that one has seen it.
    requestAnimationFrame(() => setTimeout(() => { document.body.dataset.loadMs ??= performance.now().toFixed(1); }));
  },
  signal: showSignal,
  members: (members, publication) => { table.show(publication, members, family); showSignal(publication); showLegend(null); },
  trouble: (text) => { $('doubt').hidden = false; $('doubt').textContent = text; document.body.dataset.trouble = text; },
});
const stream = new Stream({
  status: (text, isUp) => {
    $('link').textContent = text;
    $('link').dataset.up = String(isUp);
    showState();
  },
  signal: (message) => {
    const row = model.update(message.signal);
    if (row === null) return;
    list.schedule();
    if (row === chosen) view.take(message.signal);
    if (message.type === 'state') showCounts();
  },
  restarted: () => { if (chosen) view.show(chosen, isCalibrating ? family : null); },
});

function choose(row) {
  if (!row) return;
  const begin = performance.now();
  chosen = row;
  list.choose(row);
  closeSide();
  $('symbol').textContent = row.symbol;
  $('venue').textContent = `${row.interval} · ${row.venue}`;
  document.title = `${row.symbol} ${row.interval} – lockstep`;
  history.replaceState(null, '', `#${[row.venue, row.symbol, row.interval].map(encodeURIComponent).join('/')}`);
  showSignal(row);
  stream.look(row);
  view.show(row, isCalibrating ? family : null).then(() => requestAnimationFrame(() => {
    document.body.dataset.switchMs = (performance.now() - begin).toFixed(1);
  }));
}

function chooseFamily(name) {
  family = name;
  if (isCalibrating) view.show(chosen, family);
  view.refreshDetail();
}

function calibrate(isOn) {
  isCalibrating = isOn;
  hidden.clear();
  chart.setHidden(hidden);
  $('calibrate').setAttribute('aria-pressed', String(isOn));
  if (chosen) view.show(chosen, isOn ? family : null);
}

function showSignal(signal) {
  $('price').textContent = signal.close ?? '–';
  $('average').textContent = signed(signal.average, 3);
  $('average').className = tone(signal.average);
  $('direction').textContent = side(signal.direction);
  $('direction').className = tone(signal.direction);
  $('provisional').hidden = signal.kind !== undefined && signal.kind !== 'open_bar';
  if (signal.anchor_ms) $('anchor').textContent = `${signal.bars} bars since the anchor`;
  showState();
}

/** An engine that is unsure says so, and so does the page. */
function showState() {
  if (!chosen) return;
  const isCut = $('link').dataset.up === 'false';
  const state = isCut ? 'NO LINK' : chosen.state;
  const isSure = !isCut && chosen.valid;
  $('state').textContent = state;
  $('state').dataset.state = isCut ? 'STALE' : chosen.state;
  document.body.classList.toggle('unsure', !isSure);
  const box = $('doubt');
  box.hidden = isSure;
  if (isSure) return;
  const since = age(model.ageOf(chosen));
  box.textContent = isCut
    ? 'No connection to the daemon. What you see is old, and not valid.'
    : `${chosen.state}: ${chosen.reason.replaceAll('_', ' ')}. Not valid: do not act on it. Last bar ${since} ago.`;
}

function showCounts() {
  const items = model.counts().map(([state, count]) => {
    const item = document.createElement('li');
    item.dataset.state = state;
    item.textContent = `${count} ${state.toLowerCase()}`;
    return item;
  });
  $('counts').replaceChildren(...items);
}

/** The averages' names and values, at the crosshair or at the newest bar; a click hides one. */
function showLegend(row) {
  const shown = row ?? chart.open ?? chart.rows.at(-1);
  const members = shown?.members.length ? shown.members : chart.rows.at(-1)?.members ?? [];
  const legend = $('legend');
  while (legend.children.length > members.length) legend.lastChild.remove();
  members.forEach((member, i) => {
    const button = legend.children[i] ?? legend.appendChild(document.createElement('button'));
    button.textContent = member.name.toUpperCase();
    button.className = `key ${hidden.has(i) ? 'off' : tone(member.side)}`;
    button.setAttribute('aria-pressed', String(!hidden.has(i)));
    button.onclick = () => {
      hidden.has(i) ? hidden.delete(i) : hidden.add(i);
      chart.setHidden(hidden);
      showLegend(null);
    };
  });
}

function openSide() {
  document.body.classList.toggle('side-open');
  $('menu').setAttribute('aria-expanded', String(document.body.classList.contains('side-open')));
}

function closeSide() {
  document.body.classList.remove('side-open');
  $('menu').setAttribute('aria-expanded', 'false');
}

const keys = {
  '/': () => { document.body.classList.add('side-open'); $('search').focus(); $('search').select(); },
  ArrowDown: () => choose(list.beside(1)),
  ArrowUp: () => choose(list.beside(-1)),
  j: () => choose(list.beside(1)),
  k: () => choose(list.beside(-1)),
  c: () => calibrate(!isCalibrating),
  t: () => switchTheme(),
  f: () => chart.newest(),
  '?': () => $('keys').showModal(),
  Escape: () => closeSide(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $('keys').open || $('login').open) return;
  const isTyping = event.target === $('search');
  if (isTyping) {
    if (event.key === 'Escape') { $('search').value = ''; rearrange(); $('search').blur(); }
    if (event.key === 'Enter') choose(model.shown[0]);
    if (!event.key.startsWith('Arrow') && event.key !== 'Enter') return;
  }
  if (event.target === $('sort')) return;
  const number = Number(event.key);
  const action = number >= 1 && number <= 6 ? () => chooseFamily(kFamilies[number - 1]) : keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function rearrange() {
  model.search = $('search').value;
  model.sort = $('sort').value;
  model.arrange();
  list.schedule();
}

async function refreshList() {
  if (document.hidden) return;
  model.take(await getAll('/v1/symbols', 'symbols'));
  showCounts();
  list.schedule();
  showState();
}

async function start() {
  $('search').addEventListener('input', rearrange);
  $('sort').addEventListener('change', rearrange);
  $('menu').addEventListener('click', openSide);
  $('theme').addEventListener('click', switchTheme);
  $('help').addEventListener('click', () => $('keys').showModal());
  $('calibrate').addEventListener('click', () => calibrate(!isCalibrating));
  $('login-form').addEventListener('submit', () => { setToken($('token').value); location.reload(); });
  document.addEventListener('keydown', onKey);
  whenTokenNeeded(() => { if (!$('login').open) $('login').showModal(); });
  const [config, rows] = await early;
  chart.setThresholds([config.long_threshold, config.short_threshold]);
  model.take(rows);
  showCounts();
  list.schedule();
  stream.open();
  const wanted = location.hash.slice(1).split('/').map(decodeURIComponent).join('\n');
  choose(model.byKey.get(wanted) ?? model.shown[0]);
  setInterval(() => refreshList().catch(() => {}), kListMs);
  setInterval(() => { list.schedule(); showState(); }, kAgeMs);
  document.body.dataset.ready = '1';
}

start().catch((error) => { $('link').textContent = error.message; });
