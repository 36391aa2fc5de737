// The list of series. Only rows that can be seen exist as elements, so a thousand cost as much as twenty.
import { age, signed, tone } from './format.js';
import { keyOf } from './model.js';

const kRowPx = 46;
const kSparePx = 6 * kRowPx;

export class List {
  constructor(model, onChoose) {
    this.model = model;
    this.view = document.getElementById('list');
    this.rows = document.getElementById('rows');
    this.pool = [];
    this.chosen = '';
    this.onChoose = onChoose;
    this.view.addEventListener('scroll', () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.schedule()).observe(this.view);
    this.rows.addEventListener('click', (event) => {
      const element = event.target.closest('.row');
      if (element) onChoose(this.model.byKey.get(element.dataset.key));
    });
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const shown = this.model.shown;
    this.rows.style.height = `${shown.length * kRowPx}px`;
    const first = Math.max(0, Math.floor((this.view.scrollTop - kSparePx) / kRowPx));
    const last = Math.min(shown.length, Math.ceil((this.view.scrollTop + this.view.clientHeight + kSparePx) / kRowPx));
    for (let i = 0; i < Math.max(last - first, this.pool.length); i += 1) {
      if (first + i >= last) {
        this.pool[i].element.hidden = true;
        continue;
      }
      this.pool[i] ??= this.make();
      this.fill(this.pool[i], shown[first + i], first + i);
    }
    const all = this.model.rows.length;
    document.getElementById('shown').textContent =
      shown.length === all ? `${all} series` : `${shown.length} of ${all} series`;
  }

  make() {
    const element = document.createElement('div');
    element.className = 'row';
    element.setAttribute('role', 'option');
    const parts = {};
    for (const name of ['dot', 'symbol', 'close', 'venue', 'average', 'age']) {
      parts[name] = element.appendChild(document.createElement('span'));
      parts[name].className = name;
    }
    this.rows.append(element);
    return { element, ...parts };
  }

  fill(slot, row, index) {
    const key = keyOf(row);
    slot.element.hidden = false;
    slot.element.dataset.key = key;
    slot.element.style.transform = `translateY(${index * kRowPx}px)`;
    slot.element.dataset.state = row.state;
    slot.element.setAttribute('aria-selected', String(key === this.chosen));
    set(slot.symbol, row.symbol);
    set(slot.close, row.close ?? '–');
    set(slot.venue, `${row.interval} · ${row.venue}`);
    set(slot.average, signed(row.average));
    slot.average.className = `average ${row.valid ? tone(row.average) : 'flat'}`;
    set(slot.age, row.state === 'LIVE' ? age(this.model.ageOf(row)) : row.state.toLowerCase());
    slot.element.title = row.state === 'LIVE' ? 'LIVE' : `${row.state}: ${row.reason.replaceAll('_', ' ')}`;
  }

  choose(row) {
    this.chosen = keyOf(row);
    const index = this.model.shown.indexOf(row);
    if (index >= 0) {
      const top = index * kRowPx;
      if (top < this.view.scrollTop) this.view.scrollTop = top;
      const bottom = top + kRowPx - this.view.clientHeight;
      if (bottom > this.view.scrollTop) this.view.scrollTop = bottom;
    }
    this.draw();
  }

  /** The row so many places after the chosen one. */
  beside(step) {
    const shown = this.model.shown;
    const at = shown.findIndex((row) => keyOf(row) === this.chosen);
    return shown[Math.min(shown.length - 1, Math.max(0, at + step))];
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
