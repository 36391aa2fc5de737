// Requests to the daemon. The token, where there is one, lives in this tab's session and goes into headers only.

const kToken = 'lockstep-token';
let onTokenNeeded = () => {};

export function token() {
  return sessionStorage.getItem(kToken) ?? '';
}

export function setToken(text) {
  sessionStorage.setItem(kToken, text.trim());
}

/** Called when the daemon wants a token that we do not have. */
export function whenTokenNeeded(callback) {
  onTokenNeeded = callback;
}

/** The JSON of an answer. Throws with the daemon's own sentence. */
export async function get(path, signal) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  const response = await fetch(path, { headers, signal, cache: 'no-store' });
  const answer = await response.json();
  if (response.status === 401) onTokenNeeded();
  if (!response.ok) throw new Error(answer.error?.message ?? `HTTP ${response.status}`);
  return answer;
}

export function pathOf(series) {
  return [series.venue, series.symbol, series.interval].map(encodeURIComponent).join('/');
}

/** All pages of a list. */
export async function getAll(path, name) {
  const rows = [];
  for (;;) {
    const page = await get(`${path}?offset=${rows.length}`);
    rows.push(...page[name]);
    if (page.count === 0 || rows.length >= page.total) return rows;
  }
}
