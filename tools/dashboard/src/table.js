// The weight table: six families, the nine members of one, and the warning about growth.
import { plain, signed, time, tone } from './format.js';

const kWarnings = {
  caution: 'Growth is above 1.1: old results begin to fade. Think of a later anchor or a smaller lambda.',
  warning: 'Growth is above 1.25: the weights lean on the last bars alone. Move the anchor or reduce lambda.',
};

export class Table {
  constructor(onFamily) {
    this.families = document.getElementById('families');
    this.members = document.getElementById('members');
    this.families.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row) onFamily(row.dataset.family);
    });
  }

  /** signal: of the bar that is shown; detail: the members, or null. */
  show(signal, members, family) {
    const names = Object.keys(signal.signals);
    const total = names.reduce((sum, name) => sum + (signal.equities[name] ?? 0), 0);
    const most = Math.max(...names.map((name) => signal.equities[name] ?? 0));
    fill(this.families, names.length, (row, i) => {
      const name = names[i];
      const equity = signal.equities[name];
      row.dataset.family = name;
      row.classList.toggle('chosen', name === family);
      cells(row, [name.toUpperCase(), signed(signal.signals[name]), plain(equity, 3)]);
      row.children[1].className = tone(signal.signals[name]);
      const share = equity === null || total === 0 ? 0 : equity / total;
      const length = equity === null || most === 0 ? 0 : equity / most;
      const bar = row.children[3] ?? row.appendChild(document.createElement('td'));
      bar.className = 'share';
      bar.firstChild ?? bar.appendChild(document.createElement('i'));
      bar.firstChild.style.width = `${(100 * length).toFixed(1)}%`;
      bar.title = `${(100 * share).toFixed(1)} % of the weight`;
    });
    this.showMembers(members, family, signal.price_scale ?? 2);
    this.showGrowth(signal);
  }

  showMembers(members, family, scale) {
    const own = (members ?? []).filter((each) => each.family === family);
    document.getElementById('members-of').textContent = `Members of ${family.toUpperCase()}`;
    fill(this.members, own.length, (row, i) => {
      const { length, average, signal, equity } = own[i];
      cells(row, [length, plain(average, scale), signal > 0 ? 'long' : signal < 0 ? 'short' : '–', plain(equity, 4)]);
      row.children[2].className = tone(signal);
      row.classList.toggle('base', i === 0);
    });
  }

  showGrowth(signal) {
    const box = document.getElementById('growth');
    box.hidden = signal.growth_warning === 'none';
    box.dataset.level = signal.growth_warning;
    box.textContent = kWarnings[signal.growth_warning] ?? '';
    const facts = [
      ['growth', plain(signal.growth, 4)], ['bars', signal.bars], ['anchor', time(signal.anchor_ms)],
      ['digest', signal.digest.slice(0, 12)],
    ];
    const list = document.getElementById('facts');
    if (list.children.length === 0) {
      for (const _ of facts) list.append(document.createElement('dt'), document.createElement('dd'));
    }
    facts.forEach(([name, value], i) => {
      list.children[2 * i].textContent = name;
      list.children[2 * i + 1].textContent = value;
    });
  }
}

function fill(body, count, draw) {
  while (body.children.length > count) body.lastChild.remove();
  while (body.children.length < count) body.append(document.createElement('tr'));
  for (let i = 0; i < count; i += 1) draw(body.children[i], i);
}

function cells(row, texts) {
  texts.forEach((text, i) => {
    const cell = row.children[i] ?? row.appendChild(document.createElement('td'));
    const wanted = String(text);
    if (cell.textContent !== wanted) cell.textContent = wanted;
  });
}
