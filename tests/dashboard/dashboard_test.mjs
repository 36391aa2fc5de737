// The dashboard in a real browser, on a real daemon, attached to the simulated exchange.
//   node dashboard_test.mjs LOCKSTEP NPM_FOLDER [--symbols N] [--speed X] [--pictures FOLDER] [--measure]
// Exit code 77: there is no Chromium here, nothing was tested.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [program, npm, ...rest] = process.argv.slice(2);
const lockstep = resolve(program); // it is started in a folder of its own
const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
const symbols = Number(option('--symbols') ?? 6);
const speed = Number(option('--speed') ?? 60);
const pictures = option('--pictures');
const isMeasuring = rest.includes('--measure');
const kPatienceMs = 30_000;
const kFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!browserPath) {
  console.log('skipped: there is no Chromium here (apt-get install chromium)');
  process.exit(77);
}
const { chromium } = createRequire(join(resolve(npm), 'package.json'))('playwright-core');
const folder = mkdtempSync(join(tmpdir(), 'lockstep-dashboard-'));
const children = [];

/** Starts a program and gives the first match in what it says. */
async function start(args, stream, pattern) {
  const child = spawn(lockstep, args, { cwd: folder });
  children.push(child);
  let said = '';
  for (const each of [child.stdout, child.stderr]) each.on('data', (data) => { said += data; });
  return { child, match: await until(() => said.match(pattern), `${args[0]} says ${pattern}; it said: ${said}`) };
}

async function until(condition, what, limitMs = kPatienceMs) {
  const end = Date.now() + limitMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    assert.ok(Date.now() < end, `waited for: ${what}`);
    await sleep(25);
  }
}

async function run() {
  const sim = await start(['sim', '--seed', '4', '--symbols', String(symbols), '--speed', String(speed), '--history-bars', '2200'],
    'stdout', /websocket\s+(\S+)\nREST\s+(\S+)[\s\S]*symbols = \[([^\]]*)\]/);
  const [, ws, http] = sim.match;
  const listed = (await (await fetch(`${http}/api/v3/exchangeInfo`)).json()).symbols.map((each) => each.symbol);
  writeFileSync(join(folder, 'lockstep.toml'), [
    '[[feed]]', 'venue = "binance_spot"', `symbols = ${JSON.stringify(listed)}`, 'intervals = ["1m"]',
    `ws_url = "${ws}"`, `rest_url = "${http}"`, 'silence_s = 2', 'backoff_ms_max = 300', 'streams_max = 1000',
    '[engine]', `data_dir = "${folder}/data"`, 'late_s = 600', '[journal]', 'fsync = "never"', '[api]', 'port = 0', ''].join('\n'));
  const daemon = await start(['run', '--config', 'lockstep.toml', '--plain'], 'stderr', /API at (http:\S+)\/v1\/status/);
  const address = daemon.match[1];
  await until(async () => (await fetch(`${address}/readyz`)).ok, 'the daemon to be ready', 120_000 + 300 * symbols);
  return { sim: sim.child, address, listed };
}

async function openPage(browser, address, size) {
  const context = await browser.newContext({ viewport: size, colorScheme: 'light', deviceScaleFactor: 1 });
  const page = await context.newPage();
  const seen = { errors: [], foreign: [], bytes: 0 };
  page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('request', (request) => { if (!request.url().startsWith(address) && !request.url().startsWith('data:')) seen.foreign.push(request.url()); });
  const protocol = await context.newCDPSession(page);
  await protocol.send('Network.enable');
  protocol.on('Network.loadingFinished', (event) => { seen.bytes += event.encodedDataLength; });
  return { page, seen };
}

const drawn = (page) => page.evaluate(() => document.body.dataset.drawn);
const text = (page, id) => page.locator(`#${id}`).textContent();

/** Goes to the next symbol; gives the time until its chart was there, as the page took it. */
async function next(page) {
  const before = await drawn(page);
  await page.evaluate(() => { delete document.body.dataset.switchMs; });
  await page.keyboard.press('ArrowDown');
  await until(async () => (await drawn(page)) !== before, 'another symbol to be drawn');
  return Number(await until(() => page.evaluate(() => document.body.dataset.switchMs), 'the switch to be timed'));
}

async function picture(page, name) {
  if (!pictures) return;
  await page.mouse.move(2, 2);
  await sleep(400);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function measureScrolling(page) {
  return page.evaluate(async () => {
    const list = document.getElementById('list');
    const frames = [];
    let last = performance.now();
    for (let i = 0; i < 120; i += 1) {
      list.scrollTop += 300;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      frames.push(now - last);
      last = now;
    }
    frames.sort((a, b) => a - b);
    return { rows: document.querySelectorAll('.row').length, p50: frames[60], p99: frames[118] };
  });
}

const kManyRows = 1000;
/** So much else runs here that times are those of the queue for the processors: they are printed, and prove nothing. */
const isCrowded = () => loadavg()[0] > 1.5 * availableParallelism();

/** Rows that the daemon does not have, behind those that it has. */
function manyRows(real) {
  const rows = [...real];
  while (rows.length < kManyRows) {
    rows.push({ ...real[rows.length % real.length], symbol: `MANY${rows.length}USDT`, state: 'LIVE', reason: 'none', valid: true });
  }
  return rows;
}

/**
 * A list of 1,000 series: one more joins, and leaves. With --measure 1,000 of them publish a second, while somebody types, sorts and
 * scrolls: the page's main thread must never be held up for 50 ms. What the page asks goes to the daemon, but for list and stream.
 */
async function measureMany(browser, address) {
  const { page, seen } = await openPage(browser, address, { width: 1440, height: 860 });
  const real = (await (await fetch(`${address}/v1/symbols`)).json()).symbols;
  const rows = manyRows(real);
  await page.route('**/v1/symbols*', (route) => route.fulfill({ json: { total: rows.length, count: rows.length, symbols: rows } }));
  let timer;
  let sequence = 1;
  let say;
  await page.routeWebSocket(/v1.stream/, (socket) => {
    say = (message) => socket.send(JSON.stringify({ epoch: '0', sequence: (sequence += 1), position: sequence, ...message }));
    say({ type: 'hello', heartbeat_ms: 10_000, resumed: false });
    let at = real.length;
    let sent = 0;
    const begin = performance.now();
    if (isMeasuring) timer = setInterval(() => {
      for (; sent < performance.now() - begin; sent += 1) {
        at = at + 1 < rows.length ? at + 1 : real.length;
        say({ type: 'signal', signal: { ...rows[at], kind: 'closed_bar', age_ms: 0, average: (sent % 200) / 100 - 1, ts_open_ms: sent } });
      }
    }, 10);
  });
  await page.goto(address);
  await until(() => drawn(page), 'the chart beside a thousand rows');
  await until(async () => (await text(page, 'shown')) === `${kManyRows} series`, 'a thousand rows');
  // A series that joins the daemon is in the list, one that is removed is not, as soon as the stream says so.
  rows.push({ ...rows.at(-1), symbol: 'JOINED' });
  say({ type: 'state', signal: { ...rows.at(-1), state: 'WARMING', valid: false, kind: 'state', ts_open_ms: null } });
  await until(async () => (await text(page, 'shown')) === `${kManyRows + 1} series`, 'the series that joined', 4000);
  const joined = rows.pop();
  say({ type: 'state', signal: { ...joined, state: 'RETIRED', reason: 'removed', valid: false, kind: 'state', ts_open_ms: null } });
  await until(async () => (await text(page, 'shown')) === `${kManyRows} series`, 'the series that left to vanish', 4000);
  if (!isMeasuring) return await page.close();
  const round = () => page.evaluate(async () => {
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((each) => each.duration)));
    observer.observe({ type: 'longtask' });
    const frame = () => new Promise(requestAnimationFrame);
    const search = document.getElementById('search');
    const sort = document.getElementById('sort');
    const list = document.getElementById('list');
    const frames = [];
    let last = performance.now();
    for (let i = 0; i < 120; i += 1) {
      if (i % 10 === 0) { search.value = ['', 'm', 'ma', 'many1', 'many12 1m'][(i / 10) % 5]; search.dispatchEvent(new Event('input')); }
      if (i % 25 === 0) { sort.value = ['symbol', 'average', 'age', 'state', 'given'][(i / 25) % 5]; sort.dispatchEvent(new Event('change')); }
      list.scrollTop = (list.scrollTop + 300) % 20_000;
      await frame();
      frames.push(performance.now() - last);
      last = performance.now();
    }
    await frame();
    observer.disconnect();
    search.value = '';
    search.dispatchEvent(new Event('input'));
    frames.sort((a, b) => a - b);
    return { longTasks: tasks.length, longestMs: Math.max(0, ...tasks), frameP50Ms: frames[60], frameP99Ms: frames[118] };
  });
  // Other programs may share this machine: one undisturbed round shows what it takes.
  const rounds = [];
  for (let i = 0; i < 5 && !rounds.some((each) => each.longTasks === 0); i += 1) rounds.push(await round());
  clearInterval(timer);
  const best = rounds.reduce((a, b) => (b.longTasks < a.longTasks ? b : a));
  assert.ok(best.frameP50Ms < 50, `frames come too slowly: ${JSON.stringify(rounds)}`);
  if (!isCrowded()) assert.equal(best.longTasks, 0, `the page was held up: ${JSON.stringify(rounds)}`);
  assert.deepEqual(seen.errors, [], 'errors in the console');
  const published = sequence;
  await page.close();
  return { rows: kManyRows, published, rounds: rounds.length, ...best };
}

/** Times of the first chart, each of a browser that knows nothing of the page yet, as the page itself saw them. */
async function loadTimes(browser, address) {
  const times = [];
  for (let i = 0; i < 5 && !times.some((each) => each < 1000); i += 1) {
    const { page } = await openPage(browser, address, { width: 1440, height: 860 });
    await page.goto(address);
    times.push(Number(await until(() => page.evaluate(() => document.body.dataset.loadMs), 'the load to be timed')));
    await page.close();
  }
  if (!isCrowded()) assert.ok(Math.min(...times) < 1000, `the page took ${times} ms`);
  return times;
}

async function test(browser) {
  const { sim, address, listed } = await run();
  const loadMs = await loadTimes(browser, address);
  const { page, seen } = await openPage(browser, address, { width: 1440, height: 860 });
  await page.goto(address);
  await until(() => drawn(page), 'the first chart');
  const loadedBytes = seen.bytes;
  const pageBytes = await page.evaluate(() => performance.getEntriesByType('resource')
    .filter((each) => each.name.includes('/assets/')).reduce((sum, each) => sum + each.transferSize, 0)
    + performance.getEntriesByType('navigation')[0].transferSize);
  assert.ok(pageBytes < 300_000, `the page is ${pageBytes} bytes`);
  assert.equal(await text(page, 'link'), 'live');
  assert.equal(await text(page, 'state'), 'LIVE');
  assert.equal(await page.locator('#legend .key').count(), 6);
  assert.equal(await page.locator('#families tr').count(), 6);
  assert.equal(await page.locator('#members tr').count(), 9);
  assert.match(await text(page, 'shown'), new RegExp(`^${listed.length} series$`));

  const price = await text(page, 'price');
  await until(async () => (await text(page, 'price')) !== price, 'a live price');
  const bars = await text(page, 'anchor');
  await until(async () => (await text(page, 'anchor')) !== bars, 'a bar to close live');

  const switches = [];
  for (let i = 0; i < Math.min(5, symbols - 1); i += 1) switches.push(await next(page));
  assert.equal(await text(page, 'symbol'), listed[Math.min(5, symbols - 1)]);
  // Other programs may share this machine: one undisturbed switch shows what it takes.
  if (!isCrowded()) assert.ok(Math.min(...switches) < 200, `symbol switches took ${switches} ms`);

  await page.keyboard.press('c');
  await until(async () => (await page.locator('#legend .key').count()) === 9, 'nine members in calibration');
  await page.keyboard.press('6');
  await until(async () => (await page.locator('#legend .key').first().textContent()).startsWith('KAMA'), 'the members of KAMA');
  await picture(page, 'dashboard-calibration');
  await page.keyboard.press('c');
  await until(async () => (await page.locator('#legend .key').count()) === 6, 'the six families again');

  await page.keyboard.press('/');
  await page.keyboard.type(listed[0].toLowerCase());
  await until(async () => (await page.locator('.row:visible').count()) === 1, 'one row that matches');
  await page.keyboard.press('Enter');
  await until(async () => (await text(page, 'symbol')) === listed[0], 'the found symbol');
  await page.keyboard.press('Escape');
  await picture(page, 'dashboard-light');
  await page.keyboard.press('t');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await picture(page, 'dashboard-dark');

  sim.kill('SIGSTOP');
  await until(async () => (await text(page, 'state')) === 'STALE', 'the cut feed to show as stale');
  assert.ok(await page.locator('#doubt').isVisible());
  assert.match(await text(page, 'doubt'), /Not valid/);
  await until(async () => (await page.locator('.row[data-state="STALE"]').count()) > 0, 'a stale row in the list');
  await picture(page, 'dashboard-stale');
  sim.kill('SIGCONT');
  await until(async () => (await text(page, 'state')) === 'LIVE', 'the feed to come back');

  assert.equal(await page.evaluate(() => document.body.dataset.trouble), undefined, 'what the page complained of');
  const figures = { load1min: loadavg()[0], pageBytes, loadedBytes, loadMs, switchMs: switches, many: await measureMany(browser, address) };
  if (isMeasuring) figures.scrolling = await measureScrolling(page);
  console.log(JSON.stringify(figures));
  await page.close();

  const phone = await openPage(browser, address, { width: 390, height: 800 });
  await phone.page.goto(address);
  await until(() => drawn(phone.page), 'the chart on a phone');
  assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
  await picture(phone.page, 'dashboard-phone');
  await phone.page.locator('#menu').click();
  await until(() => phone.page.locator('.row').first().isVisible(), 'the list on a phone');
  await picture(phone.page, 'dashboard-phone-list');

  for (const each of [seen, phone.seen]) {
    assert.deepEqual(each.errors, [], 'errors in the console');
    assert.deepEqual(each.foreign, [], 'requests to other hosts');
  }
}

let browser;
try {
  browser = await chromium.launch({ executablePath: browserPath, headless: true, args: kFlags });
  await test(browser);
  console.log('passed');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  for (const child of children) {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
  }
  await Promise.all(children.map((child) => (child.exitCode ?? child.signalCode) !== null || new Promise((end) => child.on('exit', end))));
  rmSync(folder, { recursive: true, force: true });
}
